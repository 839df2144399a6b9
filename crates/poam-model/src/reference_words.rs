//! Words by which a reference is distinguished from words that are none.

/// Words that answer "what shows it?" without naming anything: placeholders, answers, states, and the
/// small words of sentences in several languages.
pub(super) const EMPTY: &str = "
a able above access account active actual add added adjunta adjunto admin administrador administrateur
administrator administrators admins against ago agreed all alle allegato alles already am amministratore an
anbei and anexo anhang anlage annual annually another any anyone applicable apply approved arbeit are as
assigned assured at attached attachment attachments au aucun aucune auf aus automatic automatically aux av
available avec back be been before beheerder behoben bei below bijlage bis both bug business by called can
case cases ce central cette changed check checked ci-joint clean cleaned clear cleared close closed closing
com comment comments company compensating complete completed completion compliance compliant con
configuration configured confirmed contact contacted control controls copy correct corrected corregido
corretto corrigido corrigé created critical current currently customer d da daily dall dans das data date
day days de decommissioned del deleted dem den deployed der des detected determined device devices di die
disabled discussed do doc docs document documentation documented documents done door dos drive du due durch
during each een ein eine einen el em email emailed emails en enabled enforced engineer enough entfällt
environment erledigt es est ett everything evidence existing exists explained external fait false fatto
feito fertig file filed files fine finished first fix fixed fixes foi folder follow following for found from
fue full fully fur further für gelöst gemacht general geprüft given gli go gone good group handled hardware
has have hecho held here het high host hosts hour hours housekeeping i id il im implemented in include
included info install installed intern internal is issue issues ist it it's it-abteilung item its ja jest
joint jointe jointes just keine keiner known l la las last later latest le least left les letter liegt link
links list listo lo local location longer los low made mail managed manager manually many may me meanwhile
med medium meeting meets mehr met mit mitigated month monthly months more moved much must n na nach nada ne
necessary need needed nessuna nessuno network new nicht nil ninguna ninguno no none not notes nothing now
null number o oben och oder of off ok okay old on once one online only op open opened operations opgelost or
os other others oui our out over own owner owners par para party pas passed password patch patched patches
pela pelo pending per performed permanently person phone picture pictures pièce pièces please pls plus poam
por positive pour present problem problems process processed production program project proof proofs proper
properly provide provided przez på quarterly raised ready real rebooted received recent recently ref
reference references refs remediated remediation removed renewed replaced report reported reports request
requested required resolved resolvido respective restarted resuelto result results retest retested review
reviewed right risk risks risolto rotated run running résolu same scan scanned scans screen screenshot
screenshots se secure secured security see self sent server servers service services setting settings setup
several share shared shot shots should si siehe sign signed sim since sind site software some son sono sont
soon spoke started stato status still stored su successful successfully such sur sysadmin sysadmins system
systems taken task tba tbc tbd team teams tech technician test tested testing than that the their them then
there these they this those through ticket tickets to todo todos told tool tous tout track tracker true
trust two u um uma un una und under une unit unknown unless uno unten unter updated upgraded upload uploaded
upon url used user users using validated validation validé van various vedi vendor vendor's ver verbal
verbally verification verified version via voir vom von voor vor vorhanden vulnerabilities vulnerability w
waiting war was we weak weakness weekly were when where which while who whole why will wir with within
without word words work works would written wurde x xx xxx y ya year yearly yep yes yesterday yet you your z
za zijn zu zum zur är è é été über был была в и из к на не нет о от по с это
";

/// Words for records, documents and meetings: with a number, a day or a name beside them they can be looked
/// up.
pub(super) const RECORDS: &str = "
abschnitt accreditation acta advisory agreement analysis antrag appendix approval artefact artifact
assessment ata ato attestation audit auftrag authorization baseline bericht bescheinigung branch brief bug
build bulletin cab call capture carta case ccb certificaat certificado certificat certificate certificates
certification certificato chamado change changement changes checklist commit commits compte compte-rendu
contract correo courriel dashboard defect demande deviation diagram doc docs document documents dump e-mail
email emails epic escaneo evaluation exception exhibit export exports extract fiche file files finding
findings guide incident informe inspection interview inventory invoice isa issue job letter lettera letters
lettre list locker log logs mail manifest matrix meeting memo memorandum merge minutes mou nachweis
niederschrift notatka notes notice notification notulen orden order output page pages patch-window pentest
permit photo photos picture pipeline plan plugin policies policy pr procedimento procedimiento procedura
procedure procedures procès-verbal procédure protokoll protokół prüfbericht pull query raport rapport
rapporto receipt record records register relatorio relatório release report reports request requests rescan
result results review reviews rfc richiesta roster run sap sar scan scanbericht scanning scans scansione
schreiben screenshot screenshots search section seite session skanowania skanowanie sla snapshot solicitacao
solicitação solicitud sop spreadsheet ssp standard statement story table tag test tests ticket tickets
training transcript varredura verbal verbale vermerk verslag verzoek video waiver walkthrough
wijzigingsverzoek window workbook workorder worksheet zertifikat zgłoszenie änderungsantrag ärende акт
заявка отчет отчёт письмо протокол сертификат сканирование сканировании
";

/// Ends of compound words for records (`Prüfbericht`, `Wijzigingsverzoek`).
pub(super) const RECORD_ENDS: [&str; 8] =
    ["bericht", "protokoll", "auftrag", "antrag", "verzeichnis", "nachweis", "rapport", "verzoek"];

/// Words for records in scripts without blanks.
pub(super) const UNSPACED_RECORDS: &str = "
تقرير スキャン チケット 变更单 報告 変更票 変更要求 工单 工單 截图 扫描 报告 掃描 检查 検査 纪要 記録 証明書 議事録 记录 证书 보고서 스캔 스크린샷 티켓 회의록
";

/// Words that state, in scripts without blanks, that a text points to nothing or promises.
pub(super) const UNSPACED_EMPTY: &str = "
不适用 別紙 别纸 后日 待 後日 无此 明天 添付 稍后 附件 나중 첨부 추후
";

/// Words by which a text promises: nothing is there yet.
pub(super) const PROMISES: &str = "
amanhã coming demain domani folgen folgt later mañana morgen nachgereicht następny next pendiente pending
planned później se-subirá segue seguira seguirá sera seront será serão shall soon tba tbc tbd todo tomorrow
upcoming venir volgen volgt werden will wird zostanie будет завтра позже
";

/// Letters before a number that make no id of a ticket: placeholders, lists of weaknesses, stretches of time.
pub(super) const NO_TICKETS: &str = "
bar covid cve day fixme foo item milestone n na nil none null phase step tba tbc tbd
 todo week wk x xx xxx
";

/// Letters before a small number that are the name of a host.
pub(super) const HOSTS: &str = "
api app db dc fs fw gw host k8s lb lin mail master node pc proxy rtr server srv sw vm web win worker ws
";

/// Ends of the names of files.
pub(super) const FILE_ENDS: &str = "
7z arf bmp cdx cfg ckl cklb conf csv doc docm docx drawio eml evtx gif gz htm html ini ipynb jpeg jpg json
log md mov mp4 msg nbe nessus ods odt p7s pcap pcapng pdf png ppt pptx ps1 py rar rtf sarif sh sig spdx sql
svg tar tgz tif tiff tsv txt vex vsd vsdx xccdf xls xlsm xlsx xml yaml yml zip
";
