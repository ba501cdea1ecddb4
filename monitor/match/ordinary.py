"""Ordinary words that a name or an acronym may be: Italian nato, English who, French eu.

Words of one to six letters, put together by hand: the most frequent ones of each language, and those that a
company, a person or an acronym is called. One with a capital has it in the middle of a sentence too: German nouns,
English May. Used to warn of names (match/lint.py), never to match.
"""

from __future__ import annotations

from functools import cache

from monitor.parse import words

_WORDS = {
    "en": """
        a about act aid aids all also am an and ant any apple april are arm as ask at axis bank bar bat be been
        before best big bill black blue board bond both box brown bush but by cab call can cap care cars case cash
        cat chip cook cop cost cut data day did do down due each east eat end euro eve even ever every eye fair fan
        far fast few fire first fit five flag for ford form four fox from gap gas get go gold good got grant green
        had happen has have he head help her here hero high him his home hope how i if ill in into iron is it its
        job just keep key kind king know lab last law lead less let life like line long look lot made main make man
        many march mark may me meta mid mine more most much must my near net new news next nice no nor not now of
        off oil old on once one only open or oral orange other our out over own pact page pan park part past pay
        peace pen pope post press put quad rain raw ray red rice rise road rock rose run said saw say sea see sent
        she shell show side sin six sky so some son start state step stop sun sure tall tap target team tell ten
        tesla than that the them then there these they this three time to too top two union up us use very visa vote
        wall war was way we well went were west what when where which while white who why will win wise with wolf
        wood words work world year yes yet you young your
        April March May
    """,
    "de": """
        ab aber acht alle allem allen aller alles als also alt am an andere ans auch auf aus bald bei beim bin bis
        bist da dabei dafür damit dann daran das dass dem den denn der des dich die dies diese diesem dieser dir
        doch dort drei du durch ehe ein eine einem einen einer eines er erst es etwa etwas euch euer fast fest fort
        frei fünf für gab ganz gar gegen geht gern groß gut habe haben hat hatte her hier hin hoch ich ihm ihn ihnen
        ihr ihre im immer in ins ist ja jede jeder jetzt kam kann kaum kein keine klar klein kurz lang man mehr mein
        meist mich mir mit nach nah neben nein neu neue neun nicht nie noch nun nur ob oben oder offen ohne rot sah
        schon sechs sehr sei sein seine seit selbst sich sie sind so soll statt teil teuer tief tot treu trotz um
        und uns unser unten unter viel vier vom von vor wann war waren warum was weg weil weit wem wen wenig wenn
        wer werden wie wieder will wir wird wo wohl zehn zu zum zur zwar zwei über
        Abend Alter Amt Anlass Arm Art Arzt Auto Bahn Ball Band Bank Bau Bauer Baum Berg Bild Boden Brand Brief Bund
        Bürger Dank Ding Dorf Druck Ecke Ende Erbe Erde Euro Fahrt Fall Feld Feuer Film Flug Fluss Frage Frau Freude
        Geld Gift Glück Gott Grund Gruppe Hand Haus Heer Herr Herz Hilfe Hof Hund Idee Jahr Jugend Jäger Kampf Kern
        Kind Koch Kraft Krieg Kunst Land Leben Lehre Leid Licht Liebe Linke Lohn Macht Mai Mann Mark Markt Meer
        Menge Mensch Moment Mond Mord Mut Mutter Nacht Name Natur Not Ort Partei Plan Platz Post Preis Rat Raum
        Recht Rede Reise Rest Rolle Ruf Ruhe Saal Sache Schuss See Seite Sicht Sieg Sinn Sohn Sommer Spiel Staat
        Stadt Stern Steuer Stimme Strom Tag Tat Team Tier Tisch Tod Ton Tor Union Vater Vogel Volk Wahl Wald Wand
        Ware Wasser Weber Weg Welt Werk Wert Wetter Wind Wolf Wort Zahl Zeit Zeug Ziel Zug
    """,
    "fr": """
        a acte afin ai aide ainsi aller alors an ans appel après arme armée as assez au aucun aussi autre aux avant
        avec avez avoir banque bas beau bien blanc bon bonne bras but car carte cas ce cela celle celui cent ces cet
        cette ceux chacun chaque chez ciel cinq clé comme contre coup cour cours côte dans de depuis des deux dire
        dit dix dont droit du dur dès déjà eau elle elles en encore enfin entre es essor est et eu eue eues eurent
        euro eus eut eux faire fait faut femme fer feu fin fois font fort fut gaz gens grand guerre haut heure hier
        homme hors huit ici il ils jamais je jeu jeune jour jours juge juin jusque la le les leur leurs lieu loi
        loin lors loup lui là ma main maire mais maison mal marché me meme mer mes mieux mise mode moi moins mois
        mon monde mort mot mur même ne net neuf ni niveau noir nom non nord nos notre nous nul né on ont onze or
        orange ou ouest our ours où page paix par parmi part parti pas pays peine perdu peu peur peut plan plus
        point pont pour prix près puis père quand quatre que quel quelle qui quoi rien roi rue sa sans se sel sept
        ses seul seule si six soir soit soleil son sont sous sud sur ta tant tard te tel temps tes ton total tour
        tous tout toute trois trop très tu tête un une usa usage va vent vers vert vie vieux ville vin vite vivre
        voici voie voir voix vol vos vote votre vous vrai vu y état été être
    """,
    "es": """
        a acto agua ahora ahí al algo alto ama amor ante antes apenas aquel aquí armas arte así aunque año años aún
        bajo banco base bien bueno cada calle cambio campo carta casa casi caso causa cerca cien cinco como con
        contra cosa costa creo cruz cual cuando cuatro cuenta da dan dar de debe deber decir del desde dice dio dios
        dos duda día días e eco el ella ello ellos en entre era eran eres es esa ese eso esta este esto está eu euro
        falta fe fin forma fue fuera fuerza gas gente gol gran grupo guerra ha había hace hacer hacia han hasta hay
        hecho hijo hora hoy iba ido igual ir isla ja jamás juez juicio la largo las le leal les ley libre llama lo
        los luego lugar luna luz línea madre mal mano mar marca mayo me medio mejor menos mes mesa meta mi mil mis
        mismo modo monte mujer mundo muro muy más mía nada nadie ni niño no noche nos nueve nuevo nunca o ocho oda
        ojo once orden oro os otra otro otros padre pan papa papel para parte paz país peor pero plan plaza pleno
        poco poder por pues punto que quien quiere qué red rey rojo rosa río sal sala sale san se sea según seis ser
        será si sido siete sin sino sobre sol solo son soy su sus sí sólo tal tan tanto tarde te tela temor ten
        tener tengo tiempo tiene toda todo todos tras tres tu tú un una uno unos usa usar va vale van vara veces ver
        vez vida viene vino voto voz vía y ya yo él
    """,
    "it": """
        a acqua ad adesso agli ai al alla alle allo allora altra altre altri altro amico anche ancora anima anni
        anno apre arma armi arte atto avere aveva banca base basso basta bello bene bianco buona caldo campo capo
        carta casa caso cena che chi ci cinque città come con conte conto contro corsa corte cosa costa così crisi
        cui da dagli dai dal dalla dare data dato de degli dei del della delle dello dentro detto deve di dieci dire
        dopo dove due dunque e ecco ed enti era erano esse essere età euro ex fa fare fatto fede ferri festa fico
        fila fine fino fonte fonti forma forse forte fra fu fuoco fuori gas gente giorno già gli grande grossi
        grosso guerra ha hanno ho i ieri il in invece io isola la lato le lega legge lei letta letto li libero libro
        lo loro luce lui lungo luogo là lì ma madre mai male mano mare marte me meno mentre mese meta mezzo mi mia
        mille mio modo molti molto mondo monte monti morte nata nati nato ne negli nei nel nella nero niente no noi
        nome non nord nostro notte nove nuova nuovo né o od oggi ogni oltre onda ora ore oro orso ossa otto ove pace
        padre paese pane papa parla parte passo patto per persa però pezzo piano più poco poi porta posto prima
        primo prova punto qua quale quando quasi quello qui re resta riva rosa rossi rosso sala salvo san sasso se
        sede sei sempre senza sera serra si sia sole solo sono sopra sotto spesa stato stella su sua sud sul sulla
        suo sì tale tanto te tempo terra testa ti tra tre troppo tu tutti tutto un una uno uomo usa uso va verde
        vero verso vi via vino vita voce voi voto è
    """,
    "pt": """
        a acima acordo agora ainda algum alguém ali alta alto ama amor ano anos antes ao aos apenas após aquela aqui
        ar arma arte assim ata atrás até banco bem boa bom cada cair caixa calor cama campo cara carta casa caso
        causa cedo cem cerca cinco claro coisa com como conta contra cor corpo costa crise cruz cujo da dado dar das
        data de depois desde deve dez dia dias disse diz do dois dor dos duas duda dúvida e ela elas ele eles em
        enfim entre era eram essa esse esta este estes está eu euro ex faz fazer feito filho fim fogo foi fora força
        frente gente golpe grande grupo guerra gás haver hoje homem hora há ir isso isto jogo juiz juro já lado lei
        leite ler lhe lhes linha livre lugar lula luta luz maio maior mais mal mar marca mas me meio melhor menos
        mesa mesmo meta meu mil minha modo morte muito mulher mundo muro má mãe mão mês na nada nas nem nenhum no
        nome nos nosso nota nova nove novo num numa nunca não nós o obra ocaso oito olho onde ontem ordem os ou ouro
        outra outro pai palco papel para parte paz país pela pelo pelos perto plano pode poder pois ponto por porque
        porta posse pouco preso preço pé que quem quer rede rei rio rosa rua sala se seis seja sem sempre ser será
        sete seu seus si sido sim sob sobre sol sua suas são só tal também tarde te tem tempo ter terra teu tipo
        todo todos tom três tu tudo tão têm um uma uns usa usar vai vale vem ver vez vezes via vida vinho voto voz
        vão à às água é
    """,
    "pl": """
        a aby albo ale ani aż bardzo bać bez bo bowiem brak brat być był była było były bóg bój car cały cel cena
        chce chcą chleb choć chyba ci co coraz coś cud czas czy czyli część dach dać dał dla dno do dobra dobry dom
        dość droga drugi duda duma duża duży dwa dwie dwóch dzień dziś fakt front gaz gdy gdyby gdzie gra grać grupa
        góra głos głowa i ich im inne inny innych iść iż ja jak jaki jakie jako je jedna jednak jego jej jemu jest
        jeśli jeżeli już każdy kiedy kilka kogo koniec kot koło kraj krew kto która które który ku las lat lata lecz
        lek lewy list los lot lub lud ludzi ma mają mam matka mało mi miasto miał mieć mimo mir moc mogą most może
        mu mur my mój na nad nam nas nasz nawet nic nich nie niech nim nimi niż no noc nos nowa nowy o oba oboje
        obok od ojciec oko on ona one oni ono oraz osób oś pan pani para pas pis po pod pokój pole polska pora poza
        praca prawo proc przed przez przy rada raz rok roku rola ruch rynek rzecz rząd sam samo siedem sieć się siła
        skoro sobie stan stare step sto straż strona stąd sum swój syn szef sól są sąd słowo ta tak taka taki także
        tam te tego tej tekst ten to tor trzeba trzy tu twój ty tych tyle tylko tym tys tę u ulica unia usta w
        wam was wasz wał we wiara wiek wiele wielki wielu wieś wilk więc woda wojna wola wolny wpis wraz wy wybory
        wóz wśród z za zawsze zaś zbyt ze zero zima znak znów złoty żaden że żona życie
    """,
    "cs": """
        a aby ale anebo ani ano asi ač až bez bod bude budou by byl byla bylo byly být cena cesta chce chci co což
        cíl dnes dni dny do doba dost druhý duch duma dva dveře dvě dál dále dát dům hlas hlava hned ho hod hodně
        hora hra hrad i jak jako jaký je jeden jedna jeho jej její jen jenž jestli ještě ji jich jim jiné jiný jist
        již jsem jsi jsme jsou já jí k kam kde kdo kdy když ke klid koho konec kraj krev krok kromě král která které
        který kus kvůli led les let leta letos levý li lid lidi lidé loď léta mají mezi mi mimo mluví mnoho moc
        mohou moje more most možná my má máj málo máme máš mé mír místo mít měl měla může na nad ne nebe nebo nechť
        není než nic nich nikdo nimi noc nos nová nové nový nám nás náš něco něj o oba od ode oheň oko on ona oni
        ono oproti osm ost otec pak pan paní pivo plný plán po pod podle pokud pole pouze pozor pošta pro proti
        proto proč práce právo prý pán pár pět před při rada rok roku rolí rota ruka rád růst s se sedm sejm sen sil
        skála slovo smrt sníh sob sobě soud stal star stav stačí sto strana strom stát státy svaz své svět svůj syn
        sám síla síť tady tak tam tato tedy tehdy ten tento teď tito to tom tomu trest trh trochu tu tuto tvář tvůj
        ty tyto té tím tě těch tři u už v vaše velmi ven vesta vid vlak vlk vláda voda vojna volby vy vám vás váš
        více víra výše věc věk větší vše všech vůz z za zatím zde ze zem země zima zlato zlo změn zpět úřad čas čest
        či čin čtyři část čí řekl řeč šest šéf že žena život žádný
    """,
    "sl": """
        a ali ampak ani bi bil bila bili bilo bo bodo bog boj bolj bom bomo bosta boš brat brez cel cena cesta cilj
        da dal dalj dan danes del dela delo dež dne dneh dni do dobra dobro dol dolg dom drug drugi država dva dve
        evro film ga glas glava gol gor gora gozd grad gre hiša hkrati hrib hud hvala ima imajo in iz ja jaz je ji
        jih jim jo k kaj kajti kako kakor kam kar kdaj kdo ker ki kje kljub ko kod kolo konec kot kraj kri krog ksih
        kup las le led lep let leta leto letos lev levo ljudi log luna luč mal malo man manj mar marca me med meja
        mesec mesto mi mimo mir mlad mogel moj morje most moč mož mrtev mu na nad naj nam namreč nas nato nazaj naš
        ne nebo nek neki ni nihče nikoli nima niso nič njen njih njim nos nov nova novo noč o ob oba obe od ogenj
        oko okoli on ona oni osem ost otok oče pa pač pet pisal po pod pol polje pot potem pozno prav pravi pred
        prek pri prvi rad rada red reka res rok roka roža s saj sam samo se sedaj sem sen sever si sicer sila skoraj
        skozi skupaj smo smrt sneg so sobota sol son sonce srce stal star sto strah stran svet svoj svoje ta tak
        tako tam te tega teh tem temu ter težko ti tisti tla tok trg tri tu tudi tvoj u ura uro v vas vaš ved veliko
        ven vendar ves vet veter več vi vlada vlak voda voh vojna volja volk voz vrt vsaj vsak vse vsi z za zadnji
        zakaj zato zdaj ze zelo zemlja zima zlat zlato znova zrak čas časa če čez čim čisto žal že žena živ
    """,
    "uk": """
        а або адже але бар без би брат був буде будуть була були було бути бік більш біля в вам вас ваш весь ви вид
        влада вода воля вона вони воно все всі всіх від військ він віра г газ голова голос гора гра група далі два
        дві де день деякі для до доба добре друг дуже дума думка дім ж же жити за завжди завтра закон зараз земля
        зима знову зі й йде його йому ким кого кожен край країна крим кров крім куди кілька лад лише люди ліс літо
        май мало мати мають має мене менш ми мир мова може можна море моя мої між мій міст місто на навіть над нам
        нас наш наша не небо немає нею них нова новий ну ні ніж ній ніхто ніч нічого о об обидва один одна ось от
        отже очі пан партія перед по поки поле пора потік потім право про проти пів під після рада раз робота роки
        року років рот руки рух рід рік річ сам сама саме своя свої свій світ себе сила син сказав слово слуга
        смерть сніг собі сон спів став стало стан сто суд суть та так такий також там твій те тебе тепер ти тим тих
        то тобі того тоді той тому тоні точно треба три тут у увага усе успіх усі хата хліб хоча хто хід це цей цим
        цих цього ця ці ціна час часто через чи чий чим чого чому чотири шанс шлях ще що щоб щодо як яка який якщо
        які якій є і із інше інший їй їм їх її
    """,
    "ru": """
        а авто ага бар бег без бог бой более брат будет будто бы был была были было быть в вам вас ваш ведь век вера
        весна весь ветер вид во вода война воля вот все всегда всего всем всех всё вы газ где глава год года году
        гол голос гора город да даже дал два две дела дело день дети для до дом дорога друг другой дума думать его
        ее ей ему если есть еще ещё её ж же жена жизнь за завтра закон затем здесь земля зима зло знать и из или им
        имя иной их июнь к как какой ко когда кого край крах кровь кроме круг крым кто куда лед лес лет лето ли либо
        лицо лишь лук луна лучше люди май мало мать мая меж менее меня мера мест место мир мира мне много мной мог
        может можно мой море мост моя моё мы на над надо нам нас наш наша не него нее ней нельзя нет неё ни них
        ничто но новый нос ночь ну об оба один одна однако он она они оно опять от отец очень очи пар пары перед под
        пока пол поле пора порт после пост потом потому почти право при про просто против путь пять рада ради раз
        разве район речь род рост рот рука рынок ряд с сам сама свет свой своя себе себя семь сила слово смерть снег
        со совет совсем сон спор среди срок стал стать сто стол страна суд суть счет сын та так такой там твой тебя
        тем теперь тех то тогда того тоже только тот точно три тут ты у уж уже ум утро ход хотя цель цена час часто
        чего чей чем через что чтобы чуть шаг эта это этого этой этот эту юг я яд ясно
    """,
    "bg": """
        а аз ако ала баща без беше би бил била били било благо бой брат брой бъдат бъде бяха в вас ваш ваши век вече
        вид видя вие вина винаги вода война време връх все всеки всички всичко във вън вятър газ где глава глас го
        година гол голям гора гр град да дава дай дали дата два две ден днес дни до добре добър докато дом дори друг
        други дума думи дъжд дълг е един една едно език ето жена живот за зад закон заради затова защо земя зима
        злато знак и иван из или им има имат име иска й каза как какво като когато кого код които кой която край
        крал кръв към лев ли лице лов лоша луд лук луна май малко маса ме между месец мир мисъл много мое може можем
        мой моля море мост му място на над най нали нас наш наша не него нещо нея ни ние никога никой ним нито но
        нов нова ново нос нощ ня няма нямат о обаче общо ов око около онзи освен от отец още пазар пак пет план по
        под поле поне после пост поток прав право пред преди през при път рада раз рано ред реч риба род ръка ръст с
        са сам само своите свой своя свят се сега си сила син сина скоро след слово сме смърт сняг снят сол сос сред
        срещу стана старо сте сто стол страна страх съд съм сън със също съюз та така там те тебе тези ти то това
        тога тогава тоз този той том три трябва тук тъй тя у удар ум утре ход хора чай час част че чест често чин
        чрез ще що щом юг я яд
    """,
    "nl": """
        aan acht af al alle alleen alles als altijd ander andere anti april arm auto baan bal bang bank bed been
        begin ben bent beste bij bijl bijna blijft boek boer boot bos boven brand brief buik buiten buurt daar dag
        dan dank dat de deel den denk der deur deze die dief dier dingen dit doch doel doen dood door dorp drie druk
        du dus echt een eens eer eerst eigen eind eis en enige er erg euro even eén feit fel fonds gaan gaat gas
        geef geen geld geval god goed gold groen groep groot grote haar had half hand hart heb hebben heeft heel
        heen heer hem hen het hier hij hoe hoek hof hond hoofd hoog huis hulp hun ieder iemand iets ik in is ja jaar
        jaren je jij jong juist kaas kabel kamer kan kans kant keer kern kind klein kon koning kop kort kracht
        krijgt kunnen kwam laat lag land lang last later leden leger leven licht lid lijn lijst links lof los lot
        maand maar macht maken man mark markt mee meer meest men mens met mij mijn min minder moet mooi na naam naar
        nacht nader nam nee neen negen net niet niets nieuw nog nood nooit noord nu of olie om omdat onder ons onze
        oog ook oom oost op open orde oud ouder over paar pad pand partij pas plan plek plus post prijs raad raam
        recht reis rest rij rode rol rond rood rust samen schip sinds slag slecht sluit snel som soms spel staat
        stad stal stap stem ster steun straat strijd taal tak te tegen ten ter tien tijd toch toe toen ton top tot
        tussen twee uit uur vaak val van vast veel ver vier vijf vol volk voor vraag vrede vrij vrouw waar wal wapen
        was wat weer weg wel werd werk west wet wie wij wil wind wit wolf word ze zee zeer zegt zei zelf zes zet
        zeven zich zijn zo zoals zoon zorg zou zout zuid
    """,
    "ro": """
        a abia ac acea aceea acel acest aceste acum adică aer ai aici al ale alt alta alte altul alții am an ani ape
        apoi apă ar arc are armă as asta astfel atunci atât au aur avea avem avut aș așa ba ban bani bine bun bună
        ca cap care carte casă caz ce cea cei cel cele cer cerut ceva cinci cine cu cum curs când cât că căci da
        dacă dar dat data de deci decât deja deși din doar doi domn dor două drept drum du după e ea ei el ele era
        erau este eu eur euro ești fac face fapt fel fi fie fii fiind fiu foarte foc fost frate frig fum fără gaz ge
        gol grup guvern i ia iar ieri iese joc joi jos la lac lapte le legat lege lei leu li loc lor lui lume luni
        lună lup mai mal mare mea mei mele membru meu mi mic mie mijloc mine mod mult mulți muncă munte mâine mâna
        mână n nas ne nici nimic niște noapte noi nor nord nostru nou nouă nu numai nume o oameni oare ochi om opt
        ora oraș ori orice oră os ou pace pana pas pat pe pentru peste piață plan plin poate pod pom popor post prea
        preț prim prima prin punct pune până rege rest rol rom roșu rând rău sa sale sat sau se seară sec semn ser
        sfânt si sigur simt soare soră spre spun stat sub sud sunt sur sus să săi său tale tare te ti timp tine
        toate toată tot toți trei tu un una unde unei unii unu unul ur urma urs uși va vai vara vast vei verde vest
        vezi viață vin voce voi vor vot vrea vreme vânt vă zece zi zid zile zis zona în încă între șapte șase șef și
        țară țări
    """,
    "sv": """
        ad aldrig all alla alls allt alltid and andra ann annan ansvar april arm att av avse bad bak bara barn be
        berg bil bild blev bli blir bo bok bord bort borta bra brand bred bro bror brott bröd bud by bäst båda både
        båt bör börja cirka dag dagar dags dal dam de del dela dem den denna deras dess det detta dig din dit djup
        djur dock dog dom du där då död dörr eget egna ej eld eller en enda ens er ert ett euro fall far fart fast
        fel fem fest fick fin finns fisk fler flera fly folk fort fot fram fred fri frihet fru fråga från fyra få
        fågel får för före först ge genom ger gick gift gjort god gott grupp grön gud gul guld gäller gång går gör
        göra ha hade haft half han hand hans hansa har hav hela helt hem hen henne hennes her herr hes hit hjälp hon
        hopp hos hota hund hur hus huvud här hål håll hög i idag igen in inga ingen inget inom inte is ja jag jord
        just kalla kan kanske kille klar klart kniv kol kom komma kort kraft krav krig kris kropp kul kunde kung
        kunna kval kvar kväll la lag land led lek lett leva lik lika lite liten liv livet ljus lok lov lugn lätt
        lång låt låta mamma man mark med mellan men mer mest mig mil min mina mindre minst mit mod moln mord mot mun
        mur mycket mål många måste mått natt natur ned nej ner ni nio nog nord norr nu ny nya nytt när nära nät
        någon något och ock också ofta om ord orsak oss ost par parti pengar plan plats på rad rak ras ratt ren resa
        rest rik rum rund rätt råd röd röst sa sade sak sal samma sant se sedan ser sex sida sig sin sina sist sitt
        sju själv ska skall skog skola slag slut små snabb snö sol som son stad stark stat sten stor stora ström stå
        står svar syn syster sätt så sång söder ta tack tag tak tal tar tid till tio tjugo tog ton topp tre tro tung
        tur två tål under upp ur ut utan vad val van var vara varg varit vars vart vatten ved vem verk vi vid vikt
        vila vilja vill vind visa viss vit vore väg väl värd väst vår äldre än ännu är år året åt åtta öl öppen ösa
        över
    """,
}

LANGUAGES = frozenset(_WORDS)


@cache
def _table(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of a language, folded, and those that have a capital anywhere, as written."""
    listed = _WORDS.get(language, "").split()
    return frozenset(words.fold(word).text for word in listed), frozenset(word for word in listed if word[:1].isupper())


def is_word(text: str, language: str) -> bool:
    """Say whether a text is an ordinary word of a language when its case is folded."""
    return words.fold(text).text in _table(language)[0]


def has_capital(text: str, language: str) -> bool:
    """Say whether a text is an ordinary word that has this capital in the middle of a sentence too."""
    return text in _table(language)[1]
