/** Creates an element with its children. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name)
  node.append(...children)
  return node
}

/** Creates a `div` with a class. */
export function makeBox(className: string, ...children: (Node | string)[]): HTMLDivElement {
  const box = make('div', ...children)
  box.className = className
  return box
}

/** Creates a button; with a name for people who cannot see what its text belongs to. */
export function makeButton(
  className: string,
  text: string,
  onClick: () => void,
  name?: string,
): HTMLButtonElement {
  const button = make('button', text)
  button.className = className
  button.type = 'button'
  if (name) button.ariaLabel = name
  button.onclick = onClick
  return button
}
