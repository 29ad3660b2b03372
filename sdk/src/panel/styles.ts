/** The looks of the element. Its tokens are `--gk-*`; a page sets them at the element. */
export const styles: string = `
:host{all:initial;color-scheme:light dark;--gk-accent:light-dark(#0f6b5c,#4fc3ad);--gk-on-accent:light-dark(#fff,#0c1a17);--gk-paper:light-dark(#fff,#1a1c20);--gk-ink:light-dark(#1c1d1f,#ececea);--gk-soft:light-dark(#f3f3f1,#25282e);--gk-line:light-dark(#e5e4e0,#2f333a);--gk-mute:light-dark(#5f6167,#a0a3aa)}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
.root{all:initial;color-scheme:inherit;position:fixed;z-index:2147483000;bottom:24px;right:24px;font:14.5px/1.5 var(--gk-font,system-ui,sans-serif);color:var(--gk-ink)}
:host([position=left]) .root{right:auto;left:24px}
:host([inline]) .root{position:relative;inset:0;height:100%}
.panel{display:flex;flex-direction:column;width:376px;height:min(660px,calc(100dvh - 48px));background:var(--gk-paper);border:1px solid var(--gk-line);border-radius:var(--gk-radius,16px);box-shadow:0 16px 48px #0003;overflow:hidden}
:host([inline]) .panel{width:100%;height:100%;min-height:320px;box-shadow:none}
header{display:flex;align-items:center;gap:10px;padding:12px 16px;border-bottom:1px solid var(--gk-line)}
.face{flex:none;width:32px;height:32px;border-radius:10px;background:var(--gk-accent);color:var(--gk-on-accent);display:grid;place-items:center;font-weight:700}
.names{min-width:0;flex:1}
b{font-weight:640}
.names b{display:block}
.names span,footer,.hello,header button{color:var(--gk-mute);font-size:12px}
button{font:inherit;color:inherit;border:0;background:none;border-radius:8px;cursor:pointer;padding:4px 8px}
button:disabled{cursor:default}
header .x{font-size:18px}
:focus-visible{outline:2px solid var(--gk-accent);outline-offset:2px}
.log{flex:1;overflow:auto;padding:16px;display:flex;flex-direction:column;gap:12px;overscroll-behavior:contain}
.log>:first-child{margin-top:auto}
article{max-width:90%;overflow-wrap:anywhere;padding:8px 12px}
.me{align-self:flex-end;background:var(--gk-accent);color:var(--gk-on-accent);border-radius:14px 14px 4px 14px;white-space:pre-wrap}
.it{align-self:flex-start;background:var(--gk-soft);border-radius:14px 14px 14px 4px}
.it>*>*{margin:0 0 8px}
.it>*>:last-child{margin:0}
h3{font-size:1em}
ul,ol{padding-inline-start:20px}
a{color:var(--gk-accent)}
blockquote{border-inline-start:3px solid var(--gk-line);padding-inline-start:10px}
code{font:12.5px/1.5 ui-monospace,monospace}
.code{position:relative}
pre{margin:0;background:var(--gk-paper);border:1px solid var(--gk-line);border-radius:8px;padding:8px 10px;overflow-x:auto}
.copy{position:absolute;top:4px;right:4px;font-size:12px;background:var(--gk-paper)}
.table{overflow-x:auto}
th,td{border-bottom:1px solid var(--gk-line);padding:4px 8px;text-align:start}
.hello{text-align:center}
.typing{display:flex;gap:4px;padding:8px 4px}
.typing i{width:6px;height:6px;border-radius:50%;background:var(--gk-mute)}
.note{display:flex;gap:10px;align-items:center;background:light-dark(#fbf0dc,#30240f);border:1px solid light-dark(#ecd5a8,#54401a);border-radius:8px;padding:8px 12px;font-size:13px}
.note span{flex:1}
.note button{color:var(--gk-accent);font-weight:640}
form{display:flex;gap:8px;align-items:flex-end;padding:12px;border-top:1px solid var(--gk-line)}
textarea{flex:1;min-width:0;resize:none;font:inherit;color:inherit;background:var(--gk-soft);border:1px solid transparent;border-radius:12px;padding:8px 12px;max-height:140px;field-sizing:content}
::placeholder{color:var(--gk-mute);opacity:1}
.send,.launch{background:var(--gk-accent);color:var(--gk-on-accent);border-radius:12px;font-weight:640}
.send{flex:none;width:40px;height:40px}
footer{padding:0 12px 10px;text-align:center}
.launch{border-radius:99px;padding:12px 18px;box-shadow:0 8px 24px #0003}
.down{position:sticky;bottom:0;align-self:center;background:var(--gk-paper);border:1px solid var(--gk-line);border-radius:99px;font-size:12px}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:480px){:host(:not([inline])) .open{inset:0}:host(:not([inline])) .panel{width:100%;height:100dvh;border:0;border-radius:0}}
@media (prefers-reduced-motion:no-preference){.typing i{animation:gk 1.2s infinite}.typing i:nth-child(2){animation-delay:.15s}.typing i:nth-child(3){animation-delay:.3s}@keyframes gk{30%{opacity:.25}}}
@media (forced-colors:active){article,.note,textarea,button{border:1px solid}}
`
