/** The looks of the element. A page sets the properties `--gk-*` at the element. */
export const styles: string = `
:host {
  all: initial;
  color-scheme: light dark;
  --gk-accent: light-dark(#0f6b5c, #4fc3ad);
  --gk-on-accent: light-dark(#fff, #0c1a17);
  --gk-paper: light-dark(#fff, #1a1c20);
  --gk-ink: light-dark(#1c1d1f, #ececea);
  --gk-soft: color-mix(in srgb, var(--gk-ink) 5%, var(--gk-paper));
  --gk-line: color-mix(in srgb, var(--gk-ink) 12%, var(--gk-paper));
  --gk-mute: color-mix(in srgb, var(--gk-ink) 68%, var(--gk-paper));
}
:host([inline]) { display: block }
:host([theme=light]) { color-scheme: light }
:host([theme=dark]) { color-scheme: dark }
* { box-sizing: border-box; margin: 0 }
[hidden] { display: none !important }
.root {
  all: initial;
  color-scheme: inherit;
  position: fixed;
  inset: auto 24px 24px auto;
  z-index: 2147483647;
  font: 14.5px/1.5 var(--gk-font, system-ui, sans-serif);
  color: var(--gk-ink);
}
:host([position=left]) .root { inset: auto auto 24px 24px }
.panel {
  display: flex;
  flex-direction: column;
  width: 376px;
  height: min(660px, 100dvh - 48px);
  border-radius: var(--gk-radius, 16px);
  box-shadow: 0 16px 48px #0003;
  overflow: hidden;
}
header, .note, .bar, form { display: flex; gap: 8px; align-items: center; padding: 12px }
header { border-bottom: 1px solid var(--gk-line) }
.face { width: 32px; line-height: 32px; text-align: center; border-radius: 8px }
.names { display: grid; flex: 1; min-width: 0 }
.names span, footer, .bar, .hello, header button { color: var(--gk-mute); font-size: 12px }
button { font: inherit; color: inherit; border: 1px solid #0000; background: none; border-radius: 8px; padding: 4px 8px }
header .x { font-size: 18px }
:focus-visible { outline: 2px solid var(--gk-accent); outline-offset: 1px }
.log { display: flex; flex-direction: column; flex: 1; gap: 12px; padding: 16px; overflow: auto; overscroll-behavior: contain; outline-offset: -2px }
.log > :first-child { margin-top: auto }
article { max-width: 90%; padding: 8px 12px; border: 1px solid #0000; border-radius: 14px; overflow-wrap: anywhere }
.me { align-self: flex-end; border-end-end-radius: 4px; white-space: pre-wrap }
.it { align-self: flex-start; background: var(--gk-soft); border-end-start-radius: 4px }
.it > * ~ * { margin-top: 8px }
h3 { font-size: 1em }
ul, ol { padding-inline-start: 20px }
a, .note button { color: var(--gk-accent) }
blockquote { border-inline-start: 3px solid var(--gk-line); padding-inline-start: 8px }
code { font: 12.5px/1.5 ui-monospace, monospace }
.code { border-radius: 8px }
.panel, .code, .down { background: var(--gk-paper); border: 1px solid var(--gk-line) }
.me, .face, .send, .launch { background: var(--gk-accent); color: var(--gk-on-accent) }
.bar { padding: 2px 2px 2px 10px }
.bar span, .note span { flex: 1 }
pre { padding: 4px 10px 8px }
pre, .table { overflow-x: auto }
table { border-collapse: collapse }
th, td { border-bottom: 1px solid var(--gk-line); padding: 4px 8px; text-align: start }
footer { text-align: center }
.log > .hello { margin: auto }
.typing { color: var(--gk-mute); letter-spacing: 4px }
.note { font-size: 13px; padding: 8px 12px; background: color-mix(in srgb, #f90 14%, var(--gk-paper)); border: 1px solid #f906; border-radius: 8px }
.note button:disabled { color: var(--gk-mute) }
form { border-top: 1px solid var(--gk-line); align-items: flex-end }
textarea { flex: 1; min-width: 0; max-height: 140px; resize: none; field-sizing: content; font: inherit; color: inherit; background: var(--gk-soft); border: 1px solid #0000; border-radius: 12px; padding: 8px 12px }
::placeholder { color: var(--gk-mute); opacity: 1 }
.face, .send, .launch { font-weight: 600 }
.send { width: 40px; height: 40px; border-radius: 12px }
footer { padding: 0 12px 10px }
.launch { padding: 12px 18px; border-radius: 99px; box-shadow: 0 8px 24px #0003 }
.down { position: sticky; bottom: 0; align-self: center; font-size: 12px }
.quiet { height: 1px; overflow: hidden; opacity: 0 }
.inline { position: relative; inset: 0; z-index: 0 }
.inline, .inline .panel { display: flex; width: 100%; height: 100%; min-height: 320px; box-shadow: none }
@media (max-width: 480px) {
  .root.open { inset: 0 }
  .open .panel { width: 100%; height: 100%; border: 0; border-radius: 0 }
  textarea { font-size: 16px }
}
@media (prefers-reduced-motion: no-preference) {
  .typing { animation: gk 1.2s infinite }
  @keyframes gk { 50% { opacity: .3 } }
}
`
