// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.time.Duration;
import java.util.List;

/**
 * One subscriber at one moment. Immutable.
 *
 * @param number names it as long as it lasts, never another
 * @param topics what it reads by name; none for one that reads by a matcher
 * @param cursor the sequence up to which it was sent everything
 * @param heldBytes sent to it and not taken by its socket yet
 * @param open since when it reads
 * @param remote its address as the socket says, a proxy's behind a proxy
 * @param protocol {@code HTTP/1.1} or {@code HTTP/2}
 * @param client what it says of itself in {@code User-Agent}; empty if nothing
 */
public record Reader(
    long number,
    List<String> topics,
    long cursor,
    long heldBytes,
    Duration open,
    String remote,
    String protocol,
    String client) {}
