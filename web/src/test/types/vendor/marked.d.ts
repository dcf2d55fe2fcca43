// SPDX-License-Identifier: Apache-2.0

/** What we use of marked. Which fields a token has depends on its type. */
export interface Token {
  type: string;
  raw: string;
  text?: string;
  tokens?: Token[];
  escaped?: boolean;
  depth?: number;
  lang?: string;
  ordered?: boolean;
  start?: number | '';
  items?: Token[];
  loose?: boolean;
  task?: boolean;
  checked?: boolean;
  href?: string;
  title?: string | null;
  align?: (string | null)[];
  header?: { tokens: Token[] }[];
  rows?: { tokens: Token[] }[][];
  display?: boolean;
}

export class Lexer {
  constructor(options: {
    gfm: boolean;
    breaks: boolean;
    extensions: Record<'block' | 'inline', ((source: string) => Token | undefined)[]> &
      Record<'startBlock' | 'startInline', ((source: string) => number)[]>;
  });
  tokens: { links: Record<string, { href: string; title: string }> };
  lex(text: string): Token[];
}
