// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.server.LocalAccess;
import java.time.Duration;
import java.util.List;

/**
 * Limits of the hub, and whom it serves. Immutable.
 *
 * @param access who may publish and subscribe while there are no tokens
 * @param topicsMax topics of one subscription (more: 400) or publication (more: 413)
 * @param nameBytesMax UTF-8 bytes of one topic, id or type; longer is refused with 400
 * @param fieldsMax fields of one publication, unknown ones included; more are refused with 413
 * @param eventBytesMax UTF-8 bytes of one event's data, or of one block of a streamed body; more
 *     are refused with 413
 * @param readOnlyPrefixes topics that begin with one of them belong to others, who append to them
 *     without the hub: they can be subscribed to, and a publication is refused with 403
 * @param retryAfter when a publisher who found the queue full is told to come back, at least 1 s
 */
public record MercureConfig(
    LocalAccess access,
    int topicsMax,
    int nameBytesMax,
    int fieldsMax,
    int eventBytesMax,
    List<String> readOnlyPrefixes,
    Duration retryAfter) {

  /** Refuses limits that let nothing pass. */
  public MercureConfig {
    readOnlyPrefixes = List.copyOf(readOnlyPrefixes);
    if (topicsMax < 1 || nameBytesMax < 1 || fieldsMax < 1 || eventBytesMax < 1) {
      throw new IllegalArgumentException(
          "mercure: %d topics, %d name bytes, %d fields, %d event bytes (expected: each >= 1)"
              .formatted(topicsMax, nameBytesMax, fieldsMax, eventBytesMax));
    }
    if (retryAfter.toSeconds() < 1) {
      throw new IllegalArgumentException("retryAfter: " + retryAfter + " (expected: >= 1 s)");
    }
  }

  /** This machine only; 100 topics, 4096 bytes a name, 1000 fields, 1 MiB an event, 1 s. */
  public static MercureConfig defaults() {
    return new MercureConfig(
        LocalAccess.strict(), 100, 4096, 1000, 1 << 20, List.of(), Duration.ofSeconds(1));
  }

  /** {@return the same for others} */
  public MercureConfig withAccess(LocalAccess newAccess) {
    return new MercureConfig(
        newAccess, topicsMax, nameBytesMax, fieldsMax, eventBytesMax, readOnlyPrefixes, retryAfter);
  }

  /** {@return the same with another limit of topics} */
  public MercureConfig withTopicsMax(int topics) {
    return new MercureConfig(
        access, topics, nameBytesMax, fieldsMax, eventBytesMax, readOnlyPrefixes, retryAfter);
  }

  /** {@return the same with another event limit} */
  public MercureConfig withEventBytesMax(int bytes) {
    return new MercureConfig(
        access, topicsMax, nameBytesMax, fieldsMax, bytes, readOnlyPrefixes, retryAfter);
  }

  /** {@return the same with other topics that cannot be published to} */
  public MercureConfig withReadOnlyPrefixes(List<String> prefixes) {
    return new MercureConfig(
        access, topicsMax, nameBytesMax, fieldsMax, eventBytesMax, prefixes, retryAfter);
  }
}
