// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RoutesTest {
  private static final Handler ONE = _ -> Response.text(200, "one");
  private static final Handler TWO = _ -> Response.text(200, "two");

  @Test
  void takesTheFirstThatFits() {
    var routes = new Routes().add("GET", "/a/{x}", ONE).add("GET", "/a/b", TWO);
    assertThat(routes.match("GET", "/a/b"))
        .isEqualTo(new Routes.Match(ONE, Map.of("x", "b"), false));
  }

  @Test
  void givesTheRestOfThePathToTheLastParameter() {
    var routes = new Routes().add("GET", "/files/{path...}", ONE);
    assertThat(routes.match("GET", "/files/a/b/").parameters()).containsEntry("path", "a/b/");
    assertThat(routes.match("GET", "/files").parameters()).containsEntry("path", "");
    assertThat(problem(routes, "GET", "/filesystem").status()).isEqualTo(404);
  }

  @Test
  void tellsAnUnknownPathFromAnotherMethod() {
    var routes = new Routes().add("GET", "/a", ONE).add("DELETE", "/a", TWO);
    assertThat(problem(routes, "GET", "/b").status()).isEqualTo(404);
    assertThat(problem(routes, "PUT", "/a").headers()).containsEntry("Allow", "GET, DELETE");
  }

  @Test
  void asksTheLastHandlerOnlyForPathsThatNoRouteHas() {
    var routes = new Routes().add("GET", "/a", ONE).otherwise(TWO);
    assertThat(routes.match("POST", "/b").handler()).isSameAs(TWO);
    assertThat(problem(routes, "POST", "/a").status()).isEqualTo(405);
  }

  @Test
  void checksTheHandlersBehindACheckAndNoOthers() throws Exception {
    var routes = new Routes().add("GET", "/open", ONE);
    routes
        .behind(_ -> {
          throw new ProblemException(403, "no", "no");
        })
        .add("GET", "/closed", TWO);
    assertThat(routes.match("GET", "/open").handler()).isSameAs(ONE);
    var closed = routes.match("GET", "/closed").handler();
    var refused =
        catchThrowableOfType(
            ProblemException.class, () -> closed.handle(new FakeRequest("GET", "/")));
    assertThat(refused.code()).isEqualTo("no");
  }

  private static ProblemException problem(Routes routes, String method, String path) {
    return catchThrowableOfType(ProblemException.class, () -> routes.match(method, path));
  }
}
