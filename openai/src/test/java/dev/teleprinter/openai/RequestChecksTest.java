// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.server.FakeRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestChecksTest {
  private static final TestApi API = TestApi.demo();

  @AfterAll
  static void close() {
    API.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "chat/completions|{|invalid_json|",
        "chat/completions||invalid_json|",
        "chat/completions|[]|invalid_json|",
        "chat/completions|'x'|invalid_json|",
        "chat/completions|{} {}|invalid_json|",
        "chat/completions|{}|missing_required_parameter|model",
        "chat/completions|{'model':null}|missing_required_parameter|model",
        "chat/completions|{'model':1}|invalid_type|model",
        "chat/completions|{'model':''}|invalid_type|model",
        "chat/completions|{'model':'demo'}|missing_required_parameter|messages",
        "chat/completions|{'model':'demo','messages':{}}|invalid_type|messages",
        "chat/completions|{'model':'demo','messages':[]}|invalid_type|messages",
        "chat/completions|{'model':'demo','messages':['x']}|invalid_type|messages[0]",
        "chat/completions|{'model':'demo','messages':[{}]}|invalid_type|messages[0]",
        "chat/completions|{'model':'demo','stream':'yes','messages':[{'role':'user'}]}|invalid_type|stream",
        "chat/completions|{'model':'demo','n':0,'messages':[{'role':'user'}]}|invalid_type|n",
        "chat/completions|{'model':'demo','stream_options':1,'messages':[{'role':'user'}]}|invalid_type|stream_options",
        "responses|nonsense|invalid_json|",
        "responses|{'input':'hi'}|missing_required_parameter|model",
        "responses|{'model':'demo'}|missing_required_parameter|input",
        "responses|{'model':'demo','input':1}|invalid_type|input",
        "responses|{'model':'demo','input':[]}|invalid_type|input",
        "responses|{'model':'demo','input':[1]}|invalid_type|input[0]",
        "responses|{'model':'demo','input':[{'role':'judge','content':'x'}]}|invalid_type|input[0].role",
        "responses|{'model':'demo','input':[{'role':'user'}]}|invalid_type|input[0].content",
        "responses|{'model':'demo','input':'x','background':1}|invalid_type|background",
        "responses|{'model':'demo','input':'x','background':true,'store':false}|invalid_value|store",
        "responses|{'model':'demo','input':'x','metadata':[]}|invalid_type|metadata",
        "responses|{'model':'demo','input':'x','max_output_tokens':'many'}|invalid_type|max_output_tokens",
        "responses|{'model':'demo','input':'x','instructions':1}|invalid_type|instructions",
        "responses|{'model':'demo','input':'x','previous_response_id':1}|invalid_type|previous_response_id"
      })
  void aBadBodyIsRefusedByName(String path, String body, String code, String param)
      throws Exception {
    var reply = API.post("/v1/" + path, body == null ? "" : body.replace('\'', '"'));
    assertThat(TestApi.status(reply)).isEqualTo(400);
    var error = TestApi.json(reply).path("error");
    assertThat(error.path("code").stringValue()).isEqualTo(code);
    assertThat(error.path("param").isNull() ? null : error.path("param").stringValue())
        .isEqualTo(param);
    assertThat(error.path("type").stringValue()).isEqualTo("invalid_request_error");
    assertThat(error.path("message").stringValue()).isNotBlank();
    API.awaitIdle();
  }

  @ParameterizedTest
  @ValueSource(strings = {"never", "", "grace", "grace=0s", "grace=-1s", "grace=3601s", "grace=5"})
  void aBadDisconnectPolicyIsRefused(String policy) throws Exception {
    var body = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    var reply =
        API.call(
            new FakeRequest("POST", "/v1/chat/completions")
                .body(body)
                .with("Teleprinter-On-Disconnect", policy));
    assertThat(TestApi.status(reply)).isEqualTo(400);
    assertThat(TestApi.json(reply).at("/error/code").stringValue())
        .isEqualTo("invalid_on_disconnect");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/nothing, 404, unknown_url",
    "POST, /v1, 404, unknown_url",
    "PUT, /v1/responses, 405, method_not_allowed",
    "GET, /v1/chat/completions, 405, method_not_allowed",
    "DELETE, /v1/chat/completions/chatcmpl-12345678, 405, method_not_allowed"
  })
  void unknownPathsAndMethodsHaveTheShapeToo(String method, String path, int status, String code)
      throws Exception {
    var reply = API.call(new FakeRequest(method, path));
    assertThat(TestApi.status(reply)).isEqualTo(status);
    assertThat(TestApi.json(reply).at("/error/code").stringValue()).isEqualTo(code);
  }

  @Test
  void aMessageDoesNotRepeatThePrompt() throws Exception {
    var reply = API.post("/v1/responses", "{\"model\":\"demo\",\"input\":\"secret\" oops");
    assertThat(TestApi.text(reply)).doesNotContain("secret");
  }
}
