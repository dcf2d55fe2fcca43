// SPDX-License-Identifier: Apache-2.0
import { TeleprinterText } from '../../main/resources/dev/teleprinter/web/teleprinter-text.js';

declare global {
  interface HTMLElementTagNameMap {
    'teleprinter-text': TeleprinterText;
  }
}
