/** The looks of the element. Its tokens are `--gk-*`, which a page sets at the element. */
export const styles = `
:host{all:initial;--gk-accent:light-dark(#0f6b5c,#4fc3ad);--gk-on-accent:light-dark(#fff,#0c1a17);--gk-paper:light-dark(#fff,#1a1c20);--gk-ink:light-dark(#1c1d1f,#ececea);--gk-soft:light-dark(#f3f3f1,#25282e);--gk-line:light-dark(#e5e4e0,#2f333a);--gk-mute:light-dark(#5f6167,#a0a3aa);color-scheme:light dark}
:host([theme=light]){color-scheme:light}:host([theme=dark]){color-scheme:dark}:host([hidden]){display:none}
*{box-sizing:border-box}
.root{all:initial;position:fixed;z-index:2147483000;inset:auto 24px 24px auto;font:14.5px/1.5 var(--gk-font,ui-sans-serif,system-ui,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif);color:var(--gk-ink);color-scheme:inherit}
:host([position=left]) .root{inset:auto auto 24px 24px}
:host([inline]) .root{position:relative;inset:auto;height:100%}
.panel{display:flex;flex-direction:column;width:376px;height:min(660px,calc(100dvh - 48px));background:var(--gk-paper);border:1px solid var(--gk-line);border-radius:var(--gk-radius,16px);box-shadow:0 16px 48px #0003;overflow:hidden}
:host([inline]) .panel{width:100%;height:100%;min-height:320px;box-shadow:none}
[hidden]{display:none!important}
header{display:flex;align-items:center;gap:10px;padding:12px 16px;border-bottom:1px solid var(--gk-line)}
.face{flex:none;width:32px;height:32px;border-radius:10px;background:var(--gk-accent);color:var(--gk-on-accent);display:grid;place-items:center;font-weight:700}
.names{min-width:0;flex:1}b{font-weight:640;display:block;line-height:1.3}.names span,footer{color:var(--gk-mute);font-size:12px}
button{font:inherit;color:inherit;border:0;background:none;border-radius:8px;cursor:pointer;padding:4px 8px}
button:disabled{cursor:default;opacity:.55}
:focus-visible{outline:2px solid var(--gk-accent);outline-offset:2px}
header button{color:var(--gk-mute);font-size:13px}header button:hover{color:var(--gk-ink)}header .x{font-size:18px;line-height:1}
.log{flex:1;overflow:auto;padding:16px;display:flex;flex-direction:column;gap:12px;overscroll-behavior:contain;scrollbar-width:thin}
.log>:first-child{margin-top:auto}
article{max-width:90%;overflow-wrap:anywhere}
.me{align-self:flex-end;background:var(--gk-accent);color:var(--gk-on-accent);border-radius:14px 14px 4px 14px;padding:8px 12px;max-width:84%;white-space:pre-wrap}
.it{align-self:flex-start;background:var(--gk-soft);border-radius:14px 14px 14px 4px;padding:9px 13px;min-width:56px}
.it>*>*{margin:0 0 8px}.it>*>:last-child{margin:0}h3{font-size:1em}ul,ol{padding-inline-start:20px}a{color:var(--gk-accent)}blockquote{border-inline-start:3px solid var(--gk-line);padding-inline-start:10px}
code{font:12.5px/1.5 ui-monospace,"SF Mono","DejaVu Sans Mono",monospace;background:var(--gk-paper);border-radius:4px;padding:1px 4px}
.code{position:relative}pre{margin:0;background:var(--gk-paper);border:1px solid var(--gk-line);border-radius:8px;padding:8px 10px;overflow-x:auto}pre code{padding:0;background:none;white-space:pre}
.copy{position:absolute;inset:4px 4px auto auto;font-size:12px;background:var(--gk-paper);color:var(--gk-mute);border:1px solid var(--gk-line);padding:1px 8px}
.table{overflow-x:auto}th,td{border-bottom:1px solid var(--gk-line);padding:4px 8px;text-align:start}
.hello{color:var(--gk-mute);text-align:center;padding:24px 8px}
.typing{display:inline-flex;gap:4px;padding:6px 0}.typing i{width:6px;height:6px;border-radius:50%;background:var(--gk-mute)}
.note{display:flex;gap:10px;align-items:center;background:light-dark(#fbf0dc,#30240f);border:1px solid light-dark(#ecd5a8,#54401a);border-radius:10px;padding:8px 12px;font-size:13px}.note span{flex:1}.note button{color:var(--gk-accent);font-weight:600}
form{display:flex;gap:8px;align-items:flex-end;padding:12px 12px 8px;border-top:1px solid var(--gk-line)}
textarea{flex:1;min-width:0;resize:none;font:inherit;color:inherit;background:var(--gk-soft);border:1px solid transparent;border-radius:12px;padding:8px 12px;min-height:40px;max-height:140px;field-sizing:content}
textarea::placeholder{color:var(--gk-mute);opacity:1}
.send{flex:none;width:40px;height:40px;border-radius:12px;background:var(--gk-accent);color:var(--gk-on-accent);display:grid;place-items:center;padding:0}
footer{padding:0 12px 10px;text-align:center}
.launch{display:flex;align-items:center;gap:8px;background:var(--gk-accent);color:var(--gk-on-accent);border-radius:99px;padding:12px 18px;font-weight:600;box-shadow:0 8px 24px #0003;margin-inline-start:auto}
.down{position:sticky;bottom:0;align-self:center;background:var(--gk-paper);border:1px solid var(--gk-line);border-radius:99px;padding:3px 12px;font-size:12.5px;box-shadow:0 2px 8px #0002}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:480px){:host(:not([inline])) .root.open{inset:0}:host(:not([inline])) .panel{width:100%;height:100dvh;border:0;border-radius:0}}
@media (prefers-reduced-motion:no-preference){.typing i{animation:gk 1.2s infinite}.typing i:nth-child(2){animation-delay:.15s}.typing i:nth-child(3){animation-delay:.3s}@keyframes gk{30%{opacity:.25}}}
@media (forced-colors:active){.me,.it,.note,textarea,.send,.launch{border:1px solid}}
`
