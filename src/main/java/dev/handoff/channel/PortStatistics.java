package dev.handoff.channel;

/**
 * What has gone through a port so far. Gathered from counters that are moved one by one: each is right, and all of them
 * together are of about the same time.
 *
 * @param sent messages that were posted here
 * @param received messages that were taken here
 * @param waitingToBeSent messages that were posted here and not taken by the peer yet
 * @param waitingToBeReceived messages that the peer posted and nobody took here yet
 * @param dropped messages posted here that were dropped before the peer took them, as there was no room for newer ones
 * @param bytesTransferredOut of the buffers that moved with the messages posted here
 * @param bytesTransferredIn of the buffers that moved with the messages that the peer posted
 * @param bytesClonedOut of the owned buffers that were copied for the messages posted here, and of the messages that are
 *     arrays of primitives themselves; what else of a message is copied on the heap is not counted, as that would take as
 *     long as the copy
 * @param bytesClonedIn the same of the messages that the peer posted
 */
public record PortStatistics(long sent, long received, long waitingToBeSent, long waitingToBeReceived, long dropped,
        long bytesTransferredOut, long bytesTransferredIn, long bytesClonedOut, long bytesClonedIn) {
}
