/**
 * What this build of Handoff is and what it can do on this machine; the parts themselves live in the packages below.
 */
@NullMarked
package dev.handoff;

import org.jspecify.annotations.NullMarked;
