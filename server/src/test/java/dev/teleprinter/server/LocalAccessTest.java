// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalAccessTest {
  private static final LocalAccess STRICT = LocalAccess.strict();

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "localhost:8080", "a.localhost:1", "127.0.0.1:8080", "[::1]:8080"})
  void servesThisMachineByItsLocalNames(String host) {
    assertThat(refusal(STRICT, get().with("Host", host))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::2]",
        "evil.com/.localhost",
        "evil.com\\.localhost",
        "a@b.localhost",
        "a b.localhost",
        ""
      })
  void refusesANameThatWasPointedAtThisMachine(String host) {
    assertThat(refusal(STRICT, get().with("Host", host))).isEqualTo("foreign_host");
  }

  @Test
  void takesTheHostOfAnAllowedOrigin() {
    var access = new LocalAccess(false, List.of("http://teleprinter.test:8080"));
    assertThat(refusal(access, get().with("Host", "Teleprinter.test:8080"))).isNull();
  }

  @Test
  void refusesOtherMachinesUnlessAnyoneMay() {
    var other = get().from("192.0.2.7");
    assertThat(refusal(STRICT, other)).isEqualTo("not_local");
    assertThat(refusal(new LocalAccess(true, List.of()), other)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"})
  void refusesALocalProxyThatSpeaksForOthers(String header) {
    assertThat(refusal(STRICT, get().with(header, "for=192.0.2.7"))).isEqualTo("forwarded");
  }

  @Test
  void letsProgramsAndItsOwnPagesPost() {
    assertThat(refusal(STRICT, post())).isNull();
    assertThat(refusal(STRICT, post().with("Origin", "http://localhost:8080"))).isNull();
    assertThat(refusal(STRICT, post().with("Sec-Fetch-Site", "same-origin"))).isNull();
    assertThat(refusal(STRICT, post().with("Sec-Fetch-Site", "none"))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://evil.example", "null", "http://localhost:3000", "localhost:8080"})
  void refusesAPostOfAForeignPage(String origin) {
    assertThat(refusal(STRICT, post().with("Origin", origin))).isEqualTo("foreign_origin");
    var anyone = new LocalAccess(true, List.of());
    assertThat(refusal(anyone, post().with("Origin", origin))).isEqualTo("foreign_origin");
  }

  @Test
  void refusesACrossSitePostThatHidesItsOrigin() {
    assertThat(refusal(STRICT, post().with("Sec-Fetch-Site", "cross-site")))
        .isEqualTo("foreign_origin");
  }

  @Test
  void letsPagesOfAllowedOriginsPost() {
    var access = new LocalAccess(false, List.of("http://localhost:3000"));
    assertThat(refusal(access, post().with("Origin", "http://localhost:3000"))).isNull();
    var all = new LocalAccess(false, List.of("*"));
    assertThat(refusal(all, post().with("Origin", "https://any.example"))).isNull();
  }

  /** A page may cost much without changing anything, and needs no CORS for it. */
  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "QUERY", "DELETE"})
  void refusesForeignPagesWhateverTheMethod(String method) {
    var request = new FakeRequest(method, "/").with("Host", "localhost:8080");
    assertThat(refusal(STRICT, request.with("Sec-Fetch-Site", "cross-site")))
        .isEqualTo("foreign_origin");
    assertThat(refusal(STRICT, get().with("Sec-Fetch-Site", "same-site")))
        .isEqualTo("foreign_origin");
    assertThat(refusal(STRICT, request.with("Origin", "https://evil.example")))
        .isEqualTo("foreign_origin");
    assertThat(refusal(STRICT, request.with("Origin", "http://localhost:8080"))).isNull();
    var listed = new LocalAccess(false, List.of("https://page.example"));
    assertThat(refusal(listed, request.with("Origin", "https://page.example"))).isNull();
  }

  @Test
  void tellsTheOriginsOfHttpAndHttpsApart() {
    var page = "https://localhost:8080";
    assertThat(refusal(STRICT, get().with("Origin", page))).isEqualTo("foreign_origin");
    assertThat(refusal(STRICT, get().secure().with("Origin", page))).isNull();
    assertThat(refusal(STRICT, get().secure().with("Origin", "http://localhost:8080")))
        .isEqualTo("foreign_origin");
    var behindAProxyThatEndsTls = new LocalAccess(true, List.of());
    assertThat(refusal(behindAProxyThatEndsTls, get().with("Origin", page))).isNull();
  }

  private static FakeRequest get() {
    return new FakeRequest("GET", "/").with("Host", "localhost:8080");
  }

  private static FakeRequest post() {
    return new FakeRequest("POST", "/").with("Host", "localhost:8080");
  }

  private static @Nullable String refusal(LocalAccess access, Request request) {
    var problem = catchThrowableOfType(ProblemException.class, () -> access.require(request));
    return problem == null ? null : problem.code();
  }
}
