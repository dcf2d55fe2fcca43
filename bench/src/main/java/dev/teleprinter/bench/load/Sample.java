// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

/**
 * What one window of one run showed. Immutable.
 *
 * @param seconds the window's length
 * @param deliveries events received in it by all readers
 * @param published events published in it
 * @param cpuSeconds used by the server in it
 * @param othersShare what other programs took of the server's cores in it, 0 to 1: above a few
 *     hundredths the deliveries per second say less than the CPU per delivery
 * @param loadShare how busy the load generator was: near 1, it is the limit and not the server
 * @param residentBytes of the server at its end
 * @param readerBytes what the server grew by as the readers came, for each
 * @param p50Micros latency, publication due to event read; 0 when not measured
 * @param p99Micros the same
 * @param p999Micros the same
 * @param maxMicros the same
 */
record Sample(
    double seconds,
    long deliveries,
    long published,
    double cpuSeconds,
    double othersShare,
    double loadShare,
    long residentBytes,
    double readerBytes,
    double p50Micros,
    double p99Micros,
    double p999Micros,
    double maxMicros) {

  double deliveriesPerSecond() {
    return deliveries / seconds;
  }

  double cpuMicros() {
    return deliveries == 0 ? 0 : cpuSeconds * 1e6 / deliveries;
  }

  double cpuShare() {
    return cpuSeconds / seconds;
  }
}
