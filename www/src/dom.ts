/** Small helpers around the document. */

/** The element with this id, which the page is known to have. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** Shows a text in an element, or hides the element. */
export function show(target: HTMLElement, text: string | undefined): void {
  target.textContent = text ?? "";
  target.hidden = text === undefined;
}

/** Fills a definition list. */
export function fillList(list: HTMLElement, rows: readonly (readonly [string, string])[]): void {
  list.replaceChildren(
    ...rows.flatMap(([term, description]) => [make("dt", { textContent: term }), make("dd", { textContent: description })]),
  );
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}
