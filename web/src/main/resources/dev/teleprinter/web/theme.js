// SPDX-License-Identifier: Apache-2.0
// A classic script in the head: the colours must be right before the first paint.
{
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => {
    try {
      return localStorage.getItem('teleprinter.theme');
    } catch {
      return null; // storage is off: follow the system
    }
  };
  const apply = () => {
    root.dataset.theme = chosen() ?? (dark.matches ? 'dark' : 'light');
  };
  apply();
  dark.addEventListener('change', apply);
  addEventListener('storage', apply);
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || !target.closest('[data-theme-toggle]')) return;
    const next = root.dataset.theme === 'dark' ? 'light' : 'dark';
    const system = dark.matches ? 'dark' : 'light';
    try {
      // Choosing what the system says anyway means: follow the system.
      if (next === system) localStorage.removeItem('teleprinter.theme');
      else localStorage.setItem('teleprinter.theme', next);
    } catch {
      // storage is off: the choice lasts as long as the page
    }
    root.dataset.theme = next;
  });
}
