"""Tables of declension: what follows the stem of a name, by the ending of its nominative. Slavic languages.

A row is `tags ending: cell cell ...`, a cell a case: genitive, dative, accusative, vocative, locative, instrumental
(Bulgarian and Macedonian: one cell, the word with its article). Tags: `a` masculine animate, `i` masculine inanimate,
`f`, `n`, `p` plural, `.` an oblique case, which stays (Strana zelených); words of one name agree in tag and cell. The
ending is a regular expression for the end of the lower-cased word; what it matches is cut off, the rest is the stem. Of
a tag the first row that fits is used.

In a cell `/` parts alternatives, `-` is the nominative, `0` the bare stem, `^x` turns the end of the stem by the table
SOFT before x, `=x` doubles the last consonant, `*x` puts an e before it (volby, voleb).

The classes are those of the school grammars. Where a name does not show its class (Brusel, Karel), a row has the
endings of both: a form that does not exist costs a pattern and is never met.
"""

from __future__ import annotations

_CZECH = """
. ého|ých|ích: - - - - - -
ai (?<=[sc]k)(?:ý|yj|ij|y|i): ého ému ého/- - ém/ém ým
i (?<=d)ům: omu omu - - omě/omu omem
ai ý: ého ému ého/- - ém ým
a (?<=[yií])j|(?<=[yií]): ho mu ho - m m
i (?<=[yi]): ho mu - - m m
ai í: ího ímu ího/- - ím ím
a ek: ka/eka kovi/ku/ekovi/eku ka/eka ku/eku kovi/ku/ekovi ekem/kem
i ek: ku/eku ku/eku - ku ku/eku kem/ekem
a ec: ce/ece ci/covi/ecovi ce/ece če/eci ci/covi cem/ecem
i ec: ce ci - ci ci cem
a el: la/ela/ele lovi/lu/elovi/elu/eli la/ela/ele le/ele lovi/lu/elovi/elu lem/elem
i el: lu/elu/la/ele lu/elu/eli - le lu/elu/le/eli lem/elem
a (?<=[žšřčcj]): e i/ovi e i i/ovi em
i (?<=[žšřčcj]): e i - i i em
ai ď: dě di/ďovi dě/- di di/ďovi děm
ai ť: tě ti/ťovi tě/- ti ti/ťovi těm
ai ň: ně ni/ňovi ně/- ni ni/ňovi něm
a us: a/use ovi/u/usovi a/use e/usi ovi/u/usovi em/usem
i us: u/usu/use u/usu/usi - e u/usu/usi em/usem
a (?<=[szxl]): e/a i/ovi/u e/a i/e i/ovi/u em
i (?<=[szxl]): u/e/a u/i - e u/e/i/^ em
a (?<=[bdfghkmnpqrtvwx]): a ovi/u a e/u ovi/u em
i (?<=[bdfghkmnpqrtvwx]): u/a u - e u/^ em
a e: e/ea/eho/a ovi/eovi/emu e/ea/eho/a - ovi/eovi em/eem
a o: a ovi/u a - ovi/u em
a (?<=[iíjžšřčcďťň])a: i/e ovi/i u/i o ovi/i ou
a a: y ovi u o ovi ou
f (?<=i)a: e i i e i í/ou
f (?<=i)e: e i i e i í
f (?<=[žšřčcjďťň])a: i/e i/e u/i o i/e ou
f á: é é ou - é ou
f a: y ^ u o ^ ou
f e: e i i - i í
f ě: ě i i - i í
f (?<=[žšřčcj]): e/i i - i i í
f (?<=os)t: ti ti - ti ti tí
f eň: ně ni - ni ni ní
f (?<=[ďťň]): e i - i i í
n iště: iště išti - - išti ištěm
n um: a u - - u em
n (?<=[kgh])o: a u - - u em
n o: a u - - u/^ em
n e: e i - - i em
n é: ého ému - - ém ým
n í: í í í í í ím
p ové: ů ům y - ech y
p ci: ců/ků cům/kům ce/ky - cích ci/ky
p ší: chů chům chy - ších chy
p ši: šů/chů chům chy - ších chy
p (?<=[tnbd])é: ů/ých ům/ým y/- - ech/ých y/ými
p é: ých/ů ým/ům -/y - ých/ech ými/y
p á: ých ým - - ých ými
p í: ích ím - - ích ími
p i: ů ům y/e - ech/ích y/i
p (?<=[^aeiouyáéíóúůýě][bklnrv])y: *0/ů ám/ům - - ách/ech ami/y
p (?<=[tr])y: ů ům - - ech y
p y: 0/ů ám/ům - - ách/ech ami/y
p (?<=[žšřčcjďťň])e: 0/í/ů ím/ům - - ích emi/i
"""
_SLOVAK = """
. ého|ých|ích: - - - - - -
ai (?<=[sc]k)(?:ý|y|i|yj|ij): ého/eho ému/emu ého/- - om ým/ym
ai ý|y: ého/eho/yho ému/emu/ymu ého/eho/yho/- - om ým/ym
a (?<=[ií])j?: ho/eho mu/emu ho/eho - m/om m/ím
a ec: ca/eca covi/ecovi ca/eca - covi/ecovi com/ecom
i ec: ca cu - - ci com
ai ek|ok: ka/eka/oka kovi/ku/ekovi/oku ka/eka/oka/- ku kovi/ku/ekovi/oku kom/ekom/okom
ai el: la/ela/elu lovi/elovi/elu la/ela/- - lovi/elovi/eli/li lom/elom
a er: ra/era rovi/erovi ra/era - rovi/erovi rom/erom
a (?<=[žščcjďťňľ]): a ovi a - ovi om
i ň: ňa ňu - - ni ňom
i ľ: ľa ľu - - li ľom
i (?<=[žščcjďť]): a/u u - - i om
a (?<=[bdfghklmnpqrstvwxz]): a ovi a e ovi om
i (?<=[bdfghklmnpqrstvwxz]): a/u u - - e/u/i om
a e: a/ea/eho ovi/eovi a/ea/eho - ovi/eovi om
a o: a ovi a - ovi om
a a: u ovi u - ovi om
f (?<=e)a: y/i i u - i ou
f (?<=[ií])a: e i u - i ou
f (?<=[žščcjďťňľ])a: e i u - i ou
f á: ej ej ú - ej ou
f (?<=[snklvrt])a: y/ej e/ej u/ú - e/ej ou
f a: y e u - e ou
f ť: ti ti - - ti ťou
f ň: ne/ni ni - - ni ňou
f (?<=[žšč]): e/i i - - i ou
n ie: ia iu - - í ím
n um: a u - - u/e om
n o: a u - - e/u om
n é: ého ému - - om ým
n e: a u - - i om
p é: ých ým - - ých ými
p e: ých/0/í ym/iam/om - - ych/iach ymi/ami
p (?<=[^aeiouyáéíóúý][bklnrv])y: *0/ov ám/om - - ách/och ami/mi
p y: ov/0 om/ám - - och/ách mi/ami
p ia: ov om ov - och mi
p i: ov om ov - och mi
"""
_POLISH = """
. [kn]iego|[nwtł]ego|ych|[sc]kich: - - - - - -
ai i: iego iemu iego/- - im im
ai y: ego emu ego/- - ym ym
a iec: ca/ieca cowi/iecowi ca/ieca cze cu/iecu cem/iecem
i iec: ca cowi - cu cu cem
ai ów: owa/owu/ówa owowi/ówowi owa/ówa/- owie/ówie owie/ówie/owu owem/ówem
ai ek: ka/ku/eka/eku kowi/ekowi ka/eka/- ku ku/eku kiem/ekiem
ai eł: ła/eła/łu łowi/ełowi ła/eła/- le/ele le/ele łem/ełem
ai ń: nia niowi nia/- niu niu niem
ai ć: cia ciowi cia/- ciu ciu ciem
ai ś: sia siowi sia/- siu siu siem
ai dź|ź: dzia/zia dziowi/ziowi dzia/zia/- dziu/ziu dziu/ziu dziem/ziem
a (?<=[kg]): a owi a u u iem
i (?<=[kg]): u/a owi - u u iem
a (?<=[cżjlh])|(?<=[scrd]z): a owi a u u em
i (?<=[cżjlh])|(?<=[scrd]z): u/a owi - u u em
a (?<=[bdfłmnprstvwxz]): a owi a ^ ^ em
i (?<=[bdfłmnprstvwxz]): u/a owi - ^ ^ em
a (?<=k)o: i/a ce/owi ę/a o ce/u ą/iem
a (?<=[iy])o: a owi a o u em
a o: y/a ie/owi ę/a o ^/u ą/em
a e: ego emu ego - em em
f (?<=[sc]k)a: iej/i iej/^ ą/ę o iej/^ ą
af (?<=[kg])a: i ^ ę o ^ ą
af ia: ii/i ii/i ię io ii/i ią
af ja: ji/i ji/i ję jo ji/i ją
af (?<=l)a: i i ę o i ą
af (?<=[cż])a|(?<=[scrd]z)a: y y ę o y ą
f (?<=[nwtłrd])a: y/ej ^/ej ę/ą o ^/ej ą
af a: y ^ ę o ^ ą
f ć: ci ci - ci ci cią
f ń: ni ni - ni ni nią
f ś: si si - si si sią
f ódź: odzi odzi - odzi odzi odzią
f (?<=[żwlc])|(?<=[scrd]z): y/i y/i - y/i y/i ą
n (?<=[kg])ie: iego iemu - - im im
n ie: ia iu - - iu iem
n (?<=[kg])o: a u - - u iem
n o: a u - - ^/u em
n e: ego/a emu/u - - ym/u ym/em
p (?<=[kg])ie: ich im - - ich imi
p anie: an anom an - anach anami
p e: ych/0/y ym/om - - ych/ach ymi/ami
p cy: ców/iec com ców/- - cach/czech cami
p (?<=[^aeiouyąęó])ki: ek/ków kom - - kach kami
p (?<=[tnr])y: ów/ych om/ym ów/ych/- - ach/ych ami/ymi
p y: 0/ów/ych om/ym ów/ych/- - ach/ych ami/ymi
p i: ów/0/ich om/im ów/ich/- - ach/ich ami/imi
"""
_SLOVENE = """
. [nkv]ega|[nkv]ih: - - - - - -
ai (?<=[sšcčž]k)i: ega emu ega/- - em im
ai i: ega/ija emu/iju ega/ija/- - em/iju im/ijem
ai ec: ca/eca cu/ecu ca/eca/- - cu/ecu cem/ecem
ai ek: ka/eka ku/eku ka/eka/- - ku/eku kom/ekom
ai el: la/ela lu/elu la/ela/- - lu/elu lom/elom
ai en: na/ena nu/enu na/ena/- - nu/enu nom/enom
ai er: ra/erja/era ru/erju/eru ra/erja/era/- - ru/erju/eru rom/erjem/erom
ai r: rja/ra rju/ru rja/ra/- - rju/ru rjem/rom
ai (?<=[šžčćđcjx]): a u a/- - u em/om
ai (?<=[bdfghklmnpqstvwz]): a u/i a/- - u om/em
ai (?<=[aeo])y: ya/yja yu/yju ya/yja/- - yu/yju yem/yjem
ai (?<=[eiyué]): ja ju ja/- - ju jem
a o: a u a - u om/em
af a: e i o - i o
f ost: osti osti - - osti ostjo
f ev: ve vi - - vi vijo
n o: a/ega u/emu - - u/em om/im
n e: a/ega u/emu - - u/em em/im
p e: 0/ih am/im - - ah/ih ami/imi
p i: ov/ev/ih om/em/im e - ih i/imi
"""
_CROATIAN = """
. skoga?|[nkv]ih: - - - - - -
ai (?<=[sšcčćžđ]k)i: og/oga om/ome og/oga/- - om/ome im
a io: ija iju ija - iju ijem
ai i: og/oga/ija om/ome/iju og/oga/ija/- - om/ome/iju im/ijem
ai ac: ca/aca cu/acu ca/aca/- če cu/acu cem/acem
ai ar: ra/ara ru/aru ra/ara/- re/are ru/aru rom/arom
ai ak: ka/aka ku/aku ka/aka/- če/ače ku/aku kom/akom
ai ao: la lu la/- - lu lom
ai (?<=[čćžšđjcx]): a u a/- u u em/om
ai (?<=[bdfghklmnpqrstvwz]): a u a/- e u om
ai (?<=[eyué]): ja/a ju/u ja/a/- - ju/u jem/om
a o: a u a o u om
f (?<=[sšcčćžđ]k)a: e oj/^i u - oj/^i om
af (?<=[kgh])a: e i/^i u o i/^i om
f (?<=[nvrl])a: e i/oj u o i/oj om
af a: e i u o i om
f ost: osti osti - - osti ošću/osti
n (?<=[sšcčćžđ]k)o: og/oga om/ome - - om/ome im
n o: a/og u/om - - u/om om/im
n e: a/eg u/em - - u/em em/im
p e: a/ih ama/im - - ama/im ama/im
p i: a/ih ima/im e - ima/im ima/im
"""
_RUSSIAN = """
. ых|их|ого|его: - - - - - -
ai (?<=к)ий: ого ому ого/- - ом им
ai (?<=[гх])ий: ия/ого ию/ому ия/ого/- - ии/ом ием/им
ai (?<=[жшщ])ий: его ему его/- - ем им
ai ый|ой: ого ому ого/- - ом ым
ai ий: его/ия ему/ию его/ия - ем/ии им/ием
a (?<=[оеё]в|[иы]н): а у а - е ым/ом
ai ец: ца/еца цу/ецу ца/- - це/еце цем/цом/ецом
ai (?<=[жшщчц]): а у а/- - е ем/ом
ai ок: ока/ка оку/ку ока/ка/- - оке/ке оком/ком
ai (?<=пав)ел: ла лу ла - ле лом
ai ёк: ька/ёка ьку/ёку ька/ёка - ьке/ёке ьком/ёком
ai й: я ю я/- - е/и ем
ai ь: я ю я/- - е ем/ём
ai (?<=[бвгдзклмнпрстфх]): а у а/- - е ом
f ая: ой ой ую - ой ой
f яя: ей ей юю - ей ей
f ия: ии ии ию - ии ией
f (?<=[оеи]в)а|(?<=ин)а: ой/ы ой/е у - ой/е ой
f (?<=[гкх])а: и е у - е ой/ою
f (?<=[жшщчц])а: и/ы е у - е ей/ой
af а: ы е у - е ой/ою
af я: и е ю - е ей/ею
f ь: и и - - и ью
n ие: ия ию - - ии ием
n ое: ого ому - - ом ым
n ее: его ему - - ем им
n о: а у - - е ом
n е: я/а ю/у - - е ем
p ые: ых ым ых/- - ых ыми
p ие: их им их/- - их ими
p ане: ан анам ан - анах анами
p цы: цев/цов цам цев/цов/- - цах цами
p (?<=[тр])ы: ов ам ов/- - ах ами
p ы: ов/0 ам ов/- - ах ами
p и: ов/ей/ев ам/ям ов/ей/- - ах/ях ами/ями
"""
_UKRAINIAN = """
. их|іх|ого: - - - - - -
ai (?<=[сцз]ьк)ий|(?<=[вдзклмнрст])ий: ого ому ого/- - ому/ім им
ai ій: ього/ія ьому/ію ього/ія/- - ьому/ії ім/ієм
ai іль: оля/іля олю/ілю оля/іля/- олю/ілю олі/ілі/олю олем/ілем
ai їв: єва єву/єві єва/- єве єві/єву євом
ai ів: ова/іва/ева ову/іву/еву/івові ова/іва/- ове/іве ові/іві/еві/ову овом/івом/евом/овим
a (?<=[оеє]в)|(?<=[иії]н): а у/ові а е і/у/ові им/ом
ai ець: ця цю/цеві ця/- цю ці/цю/цеві цем
ai ок: ку/ка/ока ку/кові/оку ка/ока/- ку ку/кові/оці ком/оком
ai (?<=[жшчщ]): а/у у/еві а/- е і/у/еві ем
ai (?<=р): а/у/я у/ові/ю/еві а/я/- е/ю і/у/ові/ю/еві ом/ем
ai (?<=[гґкх]): а/у у/ові а/- у у/ові/^і ом
ai (?<=[бвдзлмнпстфц]): а/у у/ові а/- е/у і/у/ові ом
ai (?<=[аеєиіїоуюя])й: я/ю ю/єві я/- ю ї/ю/єві єм
ai ь: я/ю ю/еві я/- ю і/ю/еві ем
a о: а у/ові а о у/ові/і ом
f (?<=[аеєиіїоую])я: ї ї ю є ї єю
f (?<=[сцз]ьк)а: ої/и ій/^і у о ій/^і ою
f (?<=[нвр])а: и/ої і/ій у о і/ій ою
af (?<=[гґкх])а: и ^і у о ^і ою
af (?<=[жшчщ])а: і і у е і ею
af а: и і у о і ою
af я: і/ї і/ї ю е/є і/ї ею/єю
f ість: ості ості - - ості істю
f ь: і і - е і =ю/ю
n (?<=[нкхвр])е: ого/а ому/у - - ому/ім/і им/ем
n о: а у - о і/у ом
n е: а/я у/ю - е і/у/ю ем
n я: я ю - - і/ї/ю ям
p ці: ців/ець цям ців/- - цях цями
p (?<=[нкхвртсз])і: их/ів/ей им/ам/ям их/- - их/ах/ях ими/ами/ями
p і: ів/ей ям/ам ів/- - ях/ах ями/ами
p ї: їв/й ям їв/- - ях ями
p ни: н/нів нам н/нів/- - нах нами
p (?<=[тр])и: ів ам ів/- - ах ами
p и: ів/0 ам ів/0/- - ах ами
"""
_BULGARIAN = """
m (?<=[сцшчз]к)и: ия/ият/ите
m ял: елия/елият
m ям: емия/емият
m ен: ния/ният/ена/енът
m ър: рия/рият/ъра/ърът
m ък: кия/кият/ъка/ъкът
m (?<=[оеи]в): ия/ият
m й: я/ят
m (?<=тел)|(?<=ар): я/ят/а/ът
m (?<=[бвгдзжйклмнпрстфхцчшщ]): а/ът
f (?<=[сщ]т)|(?<=щ): та
f а: ата/о
f я: ята/ьо
n о: ото
n е: ето/ете
p и: ите
p (?<=а)|(?<=я): та
"""
_MACEDONIAN = """
m (?<=[сцшчз]к)и: иот/ите
m ен: ниот/енот
m ец: ецот
m (?<=[бвгдзјклмнпрстфхцчшж]): от
f а: ата
n о: ото
n е: ето
p и: ите
"""

TABLES = {
    "bg": _BULGARIAN,
    "bs": _CROATIAN,
    "cs": _CZECH,
    "hr": _CROATIAN,
    "mk": _MACEDONIAN,
    "pl": _POLISH,
    "ru": _RUSSIAN,
    "sk": _SLOVAK,
    "sl": _SLOVENE,
    "sr": _CROATIAN,
    "uk": _UKRAINIAN,
}

_CZECH_SOFT = "ch:še k:ce h:ze g:ze r:ře d:dě t:tě n:ně b:bě p:pě v:vě m:mě f:fě w:wě :e"
_POLISH_SOFT = (
    "ch:sze st:ście zd:ździe sł:śle k:ce g:dze t:cie d:dzie r:rze ł:le b:bie p:pie w:wie m:mie n:nie f:fie v:vie "
    "s:sie z:zie x:ksie l:li :u"
)
SOFT = {
    "bs": "k:c g:z h:s",
    "cs": _CZECH_SOFT,
    "hr": "k:c g:z h:s",
    "pl": _POLISH_SOFT,
    "sr": "k:c g:z h:s",
    "uk": "к:ц г:з ґ:з х:с",
}
"""Ends of a stem and what they become before `^`, the longer first."""

POSSESSIVE = {
    "bs": ("a", "ov/ova/ovo/ove/ovi/ovu/ovog/ovom/ovim/ovih"),
    "cs": ("ovi", "ův/ova/ovo/ovu/ovy/ově/ové/ových/ovým/ovými/ovou"),
    "hr": ("a", "ov/ova/ovo/ove/ovi/ovu/ovog/ovom/ovim/ovih"),
    "sk": ("ovi", "ov/ova/ovo/ovu/ove/ovej/ovom/ovho/ovmu/ovým/ových/ovou"),
    "sl": ("a", "ov/ova/ovo/ove/ovi/ovega/ovem/ovim/ovih"),
    "sr": ("a", "ov/ova/ovo/ove/ovi/ovu/ovog/ovom/ovim/ovih"),
}
"""The ending of a masculine case form that gives way, and the possessive adjective: Trump, Trumpovi, Trumpův."""
