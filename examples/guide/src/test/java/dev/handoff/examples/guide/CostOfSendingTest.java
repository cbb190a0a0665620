package dev.handoff.examples.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.handoff.examples.guide.CostOfSending.Row;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CostOfSendingTest {
    @Test
    void aCopyLeavesTheOriginalATransferNothingAndSharingShowsTheChange() throws Exception {
        List<Row> rows = CostOfSending.measure(1 << 20);
        assertEquals(List.of("cloning", "transferring", "sharing"), rows.stream().map(Row::way).toList());
        assertEquals(List.of("its own: 21", "nothing: GONE", "the same: 42"),
                rows.stream().map(Row::senderHas).toList());
        assertTrue(rows.stream().allMatch(row -> row.nanos() > 0), rows.toString());
    }
}
