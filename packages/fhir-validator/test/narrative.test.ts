import { describe, expect, test } from 'vitest'
import { narrativeProblem } from '../src/rules/narrative.ts'

const divOf = (content: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`
const png = 'data:image/png;base64,iVBORw0KGgo='

describe('accepts', () => {
  test.each([
    ['text', divOf('Allergy to penicillin')],
    ['text in a paragraph', divOf('<p>Allergy to <b>penicillin</b></p>')],
    [
      'a table',
      divOf(
        '<table class="grid"><thead><tr><th scope="col">Code</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'
      )
    ],
    ['elements without content', divOf('<p>a<br/>b</p><hr />')],
    ['single quotes', divOf("<p title='a'>b</p>")],
    ['entities', divOf('a &lt; b &amp; c &#160; &#xA0; &nbsp;d')],
    ['a link that a reader may follow', divOf('<a href="https://www.nhs.uk/medicines/?a=1&amp;b=2">NHS</a>')],
    ['a link inside the record', divOf('<a href="Observation/1">result</a><a href="#a">above</a>')],
    [
      'a telephone number and an address',
      divOf('<a href="tel:01632 960001">ring</a><a href="mailto:a@example.org">write</a>')
    ],
    ['an image in the narrative itself', divOf(`<img src="${png}" alt="ECG"/>`)],
    ['an image in a contained resource', divOf('<img src="#ecg" alt="ECG"/>')],
    [
      'harmless style',
      divOf('<p style="margin-bottom: 0px; color: rgb(1, 2, 3); background-color: #d9e0e7">a</p>')
    ],
    [
      'a div with attributes and white space around it',
      '  <div lang="en" xmlns="http://www.w3.org/1999/xhtml">a</div>\n'
    ],
    ['a greater-than sign in text', divOf('2 > 1')]
  ])('%s', (_, xhtml) => {
    expect(narrativeProblem(xhtml)).toBeUndefined()
  })
})

describe('refuses', () => {
  test.each([
    ['a script', divOf('<script>alert(1)</script>')],
    ['a script in capitals', divOf('<SCRIPT>alert(1)</SCRIPT>')],
    ['a script from elsewhere', divOf('<script src="https://evil.example/x.js"></script>')],
    [
      'a script in a namespace',
      divOf('<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>')
    ],
    ['a script hidden by a broken tag', divOf('<scr<script>ipt>alert(1)</scr</script>ipt>')],
    ['an event handler', divOf('<p onclick="alert(1)">a</p>')],
    ['an event handler in capitals', divOf('<p OnMouseOver="alert(1)">a</p>')],
    ['an event handler without quotes', divOf('<p onclick=alert(1)>a</p>')],
    ['an event handler after a slash', divOf('<img/onerror="alert(1)" src="#x"/>')],
    [
      'an event handler on the div itself',
      '<div xmlns="http://www.w3.org/1999/xhtml" onload="alert(1)">a</div>'
    ],
    ['a javascript link', divOf('<a href="javascript:alert(1)">a</a>')],
    ['a javascript link in mixed case', divOf('<a href="JaVaScRiPt:alert(1)">a</a>')],
    ['a javascript link written in entities', divOf('<a href="&#106;avascript:alert(1)">a</a>')],
    ['a javascript link with a tab inside', divOf('<a href="java\tscript:alert(1)">a</a>')],
    ['a javascript link after white space', divOf('<a href=" javascript:alert(1)">a</a>')],
    ['a second, hidden link', divOf('<a href="#a" href="javascript:alert(1)">a</a>')],
    ['a vbscript link', divOf('<a href="vbscript:msgbox(1)">a</a>')],
    ['a page in a link', divOf('<a href="data:text/html;base64,PHNjcmlwdD4=">a</a>')],
    ['a link of the same scheme as the page', divOf('<a href="//evil.example/">a</a>')],
    ['a file', divOf('<a href="file:///etc/passwd">a</a>')],
    ['a quotation from a script', divOf('<blockquote cite="javascript:alert(1)">a</blockquote>')],
    ['an image from elsewhere', divOf('<img src="https://evil.example/pixel.png"/>')],
    ['an image relative to the server', divOf('<img src="/pixel.png"/>')],
    ['an SVG image', divOf('<img src="data:image/svg+xml;base64,PHN2Zz4="/>')],
    ['a set of images', divOf(`<img src="${png}" srcset="https://evil.example/x.png 2x"/>`)],
    ['an SVG element', divOf('<svg onload="alert(1)"></svg>')],
    ['a formula', divOf('<math href="javascript:alert(1)">a</math>')],
    ['a frame', divOf('<iframe src="https://evil.example"></iframe>')],
    ['an object', divOf('<object data="x.swf"></object>')],
    ['an embedded thing', divOf('<embed src="x.swf"/>')],
    ['an applet', divOf('<applet code="x">a</applet>')],
    ['a form', divOf('<form action="https://evil.example"><input name="a"/></form>')],
    ['a base address', divOf('<base href="https://evil.example/"/>')],
    ['a refresh', divOf('<meta http-equiv="refresh" content="0;url=https://evil.example"/>')],
    ['a style sheet', divOf('<link rel="stylesheet" href="https://evil.example/x.css"/>')],
    ['a style element', divOf('<style>p { background: url(https://evil.example) }</style>')],
    ['a background from elsewhere', divOf('<p style="background: url(https://evil.example/x.png)">a</p>')],
    ['a style that is an expression', divOf('<p style="width: expression(alert(1))">a</p>')],
    ['a style with an escape', divOf('<p style="background: \\75rl(x)">a</p>')],
    ['a style that imports', divOf('<p style="@import \'https://evil.example/x.css\'">a</p>')],
    ['a video', divOf('<video src="https://evil.example/x.mp4"></video>')],
    ['a template', divOf('<template><p>a</p></template>')],
    [
      'text read raw by HTML',
      divOf('<noscript><p title="</noscript><img src=x onerror=alert(1)>"></p></noscript>')
    ],
    ['a comment that HTML ends earlier', divOf('<!--><img src=x onerror=alert(1)>-->')],
    ['an ordinary comment', divOf('a<!-- b -->')],
    ['CDATA', divOf('<![CDATA[<script>alert(1)</script>]]>')],
    ['a processing instruction', divOf('<?xml-stylesheet href="https://evil.example/x.css"?>')],
    [
      'a document type with an entity',
      `<!DOCTYPE div [<!ENTITY x SYSTEM "file:///etc/passwd">]>${divOf('&x;')}`
    ],
    ['a head and a body', '<html xmlns="http://www.w3.org/1999/xhtml"><head></head><body>a</body></html>'],
    ['something after the div', `${divOf('a')}<script>alert(1)</script>`],
    ['text before the div', `a${divOf('b')}`],
    ['two divs', divOf('a') + divOf('b')],
    ['no namespace', '<div>a</div>'],
    ['another namespace', '<div xmlns="http://www.w3.org/2000/svg">a</div>'],
    ['another namespace inside', divOf('<p xmlns="http://www.w3.org/2000/svg">a</p>')],
    ['a tag that is not closed', divOf('<p>a')],
    ['tags that cross', divOf('<b><i>a</b></i>')],
    ['a tag closed twice', divOf('</div>')],
    ['attributes on a closing tag', divOf('<p>a</p title="b">')],
    ['a tag that never ends', `${divOf('a').slice(0, -6)}<p title="`],
    ['a stray ampersand', divOf('a & b')],
    ['a less-than sign in text', divOf('1 < 2')],
    ['a NUL in a tag name', divOf('<scr\u0000ipt>alert(1)</scr\u0000ipt>')],
    ['no content', divOf('  ')],
    ['nothing', '']
  ])('%s', (_, xhtml) => {
    expect(narrativeProblem(xhtml)).toEqual(expect.any(String))
  })
})

test('refuses an element or attribute that is on no list, whatever its name', () => {
  for (const name of [
    'audio',
    'button',
    'canvas',
    'dialog',
    'font',
    'marquee',
    'portal',
    'select',
    'slot',
    'u'
  ]) {
    expect(narrativeProblem(divOf(`<${name}>a</${name}>`))).toBeDefined()
  }
  for (const name of [
    'action',
    'background',
    'contenteditable',
    'data',
    'formaction',
    'is',
    'ping',
    'poster',
    'target'
  ]) {
    expect(narrativeProblem(divOf(`<p ${name}="a">b</p>`))).toBeDefined()
  }
})
