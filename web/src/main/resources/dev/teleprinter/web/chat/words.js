// SPDX-License-Identifier: Apache-2.0

/** What the chat page says, in each language it speaks. */
const english = {
  title: 'Teleprinter',
  tagline: 'Ask, and watch the answer print.',
  promise: 'Reload, lose the network, open another tab: the answer goes on where it was.',
  ask: 'Ask anything',
  question: 'Your question',
  send: 'Send',
  stop: 'Stop',
  stopping: 'Stopping…',
  model: 'Model',
  newChat: 'New chat',
  chats: 'Chats',
  noChats: 'Your chats stay in this browser.',
  menu: 'Chats',
  theme: 'Light or dark',
  remove: 'Delete',
  removeSure: 'Delete?',
  latest: 'Jump to latest',
  copy: 'Copy',
  copied: 'Copied',
  again: 'Ask again',
  retry: 'Try again',
  previous: 'Previous version',
  next: 'Next version',
  thinking: 'Thinking',
  you: 'You asked',
  ready: 'Ready',
  asking: 'Asking…',
  printing: 'Printing',
  reconnecting: 'Reconnecting…',
  offline: 'Offline',
  unreachable: 'Server not reachable',
  saidPrinting: 'The answer is being printed.',
  saidDone: 'Answer complete.',
  saidStopped: 'Answer stopped.',
  lostConnection: 'The connection is gone. What is here is kept; reconnecting…',
  stopped: 'Stopped',
  failed: 'The answer failed.',
  cut: 'The answer ended before it was complete.',
  lost: 'The server no longer has this answer. What had arrived is kept.',
  denied: 'The server does not let this page read the answer.',
  limit: 'The answer reached its length limit.',
  filtered: 'The answer was ended by the model’s content filter.',
  notAsked: 'The question did not reach the server.',
  notTaken: 'The server did not take the question.',
  reloaded: 'The page was left before the server took the question.',
  notStopped: 'The server could not be told to stop.',
  gap: 'A part of this answer could not be recovered. It is marked […].',
  full: 'This browser’s storage is full: new answers are not kept.',
  first: (/** @type {string} */ time) => `first word after ${time}`,
  rate: (/** @type {string} */ n) => `${n} tokens/s`,
  resumed: (/** @type {number} */ n) => (n === 1 ? 'resumed once' : `resumed ${n} times`),
  ideas: [
    'What is a teleprinter?',
    'How does this server never lose a word?',
    'Show me EventSource in ten lines',
    '用中文介绍一下你自己 👋',
  ],
};

/** @type {typeof english} */
const chinese = {
  title: 'Teleprinter',
  tagline: '提问,看答案逐字打出来。',
  promise: '刷新、断网、再开一个标签页:答案都会从原处继续。',
  ask: '问点什么',
  question: '你的问题',
  send: '发送',
  stop: '停止',
  stopping: '正在停止…',
  model: '模型',
  newChat: '新对话',
  chats: '对话',
  noChats: '对话只保存在这个浏览器里。',
  menu: '对话列表',
  theme: '浅色或深色',
  remove: '删除',
  removeSure: '确定删除?',
  latest: '跳到最新',
  copy: '复制',
  copied: '已复制',
  again: '重新提问',
  retry: '重试',
  previous: '上一个版本',
  next: '下一个版本',
  thinking: '思考过程',
  you: '你的问题',
  ready: '就绪',
  asking: '正在提问…',
  printing: '正在打印',
  reconnecting: '正在重连…',
  offline: '离线',
  unreachable: '连不上服务器',
  saidPrinting: '正在输出答案。',
  saidDone: '答案已完成。',
  saidStopped: '答案已停止。',
  lostConnection: '连接断开了。已有内容都在,正在重连…',
  stopped: '已停止',
  failed: '回答失败了。',
  cut: '答案在完成之前中断了。',
  lost: '服务器已没有这个答案。已收到的内容都在。',
  denied: '服务器不允许本页读取这个答案。',
  limit: '答案达到了长度上限。',
  filtered: '答案被模型的内容过滤中止。',
  notAsked: '问题没有送到服务器。',
  notTaken: '服务器没有接受这个问题。',
  reloaded: '服务器收到问题之前,页面就离开了。',
  notStopped: '没能通知服务器停止。',
  gap: '答案有一部分无法恢复,已用 […] 标出。',
  full: '浏览器存储已满:新的答案不会保留。',
  first: (time) => `${time} 后出第一个字`,
  rate: (n) => `每秒 ${n} 个词元`,
  resumed: (n) => `续传 ${n} 次`,
  ideas: ['电传打字机是什么?', '这个服务器怎么做到一个字都不丢?', '一步步写出 EventSource 的代码', 'Introduce yourself in English 👋'],
};

/** The reader's language, of those we have. */
export const language = /^zh\b/i.test(navigator.language) ? 'zh' : 'en';
export const words = language === 'zh' ? chinese : english;

/** Writes the words that the page's markup only names: `data-word`, `data-word-label`. */
export function speak(/** @type {ParentNode} */ root) {
  const table = /** @type {Record<string, unknown>} */ (words);
  for (const element of root.querySelectorAll('[data-word], [data-word-label]')) {
    const { word, wordLabel } = /** @type {HTMLElement} */ (element).dataset;
    if (word) element.textContent = String(table[word]);
    if (wordLabel) {
      element.setAttribute('aria-label', String(table[wordLabel]));
      if (element instanceof HTMLTextAreaElement) element.placeholder = words.ask;
      else if (element instanceof HTMLButtonElement) element.title = String(table[wordLabel]);
    }
  }
}
