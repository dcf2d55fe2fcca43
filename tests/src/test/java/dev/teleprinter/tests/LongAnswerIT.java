// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a very long answer costs a frame, counted and not timed: nodes that are touched. Each shape
 * is one that a renderer which reads its last block again at every step takes ever longer for.
 */
@Timeout(120)
@ExtendWith(Chromium.class)
class LongAnswerIT {
  private static final int NODES_MAX = 6000; // moved ones count twice

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          paragraphs; A paragraph with **bold** text and `code`, number #.\\n\\n
          one list;   #. item with **bold** text and `code` in it\\n
          one table;  | row # | a *remark* | and more |\\n
          one quote;  > quoted line number # with *emphasis* in it\\n
          """)
  void touchesFewNodesInAFrame(String shape, String line, Site site) {
    var page = site.open("/answer");
    var touched =
        (List<?>)
            page.evaluate(
                """
                async ([shape, line]) => {
                  await import('/teleprinter-text.js');
                  const text = document.createElement('teleprinter-text');
                  text.setAttribute('markdown', '');
                  let all = shape === 'one table' ? '| a | b | c |\\n|---|---|---|\\n' : '';
                  for (let i = 1; all.length < 120_000; i++) all += line.replace('#', i).replaceAll('\\\\n', '\\n');
                  let frame = 0;
                  const frames = [];
                  new MutationObserver((list) => {
                    for (const { addedNodes, removedNodes, type } of list) {
                      for (const node of [...addedNodes, ...removedNodes]) frame += 1 + (node.querySelectorAll?.('*').length ?? 0);
                      if (type === 'characterData') frame++;
                    }
                  }).observe(text, { childList: true, characterData: true, subtree: true });
                  const look = () => {
                    frames.push(frame);
                    frame = 0;
                    requestAnimationFrame(look);
                  };
                  requestAnimationFrame(look);
                  document.querySelector('main').append(text);
                  const half = all.lastIndexOf('\\n', 100_000);
                  text.print(all.slice(0, half)); // as a reader who comes late has it: at once
                  for (let at = half; at < all.length; at += 1400) {
                    text.print(all.slice(at, at + 1400));
                    await new Promise(requestAnimationFrame);
                  }
                  const settled = new Promise((resolve) => text.addEventListener('settled', resolve, { once: true }));
                  text.finish();
                  await settled;
                  await new Promise(requestAnimationFrame);
                  return [Math.max(...frames, frame), text.querySelectorAll('*').length, text.textContent.length];
                }\
                """,
                List.of(shape, line.replace("\\n", "\\\\n")));
    assertThat((Integer) touched.get(1)).as("elements").isGreaterThan(1200);
    assertThat((Integer) touched.get(0)).as("nodes in a frame").isLessThan(NODES_MAX);
  }
}
