/** Creates an element with its class and children. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name)
  if (className) node.className = className
  node.append(...children)
  return node
}

/** Creates a button with a text, and a name for those who cannot see what it belongs to. */
export function makeButton(
  { className = '', text, name }: { className?: string; text: string; name: string },
  onClick: () => void,
): HTMLButtonElement {
  const button = make('button', className, text)
  button.type = 'button'
  button.ariaLabel = name
  button.onclick = onClick
  return button
}
