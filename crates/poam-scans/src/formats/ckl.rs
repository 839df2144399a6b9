//! Checklists of DISA STIG Viewer 2 (`.ckl`).

use std::io::BufRead;

use super::stig;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, stig_number};
use crate::xml::{XmlElement, XmlStep, XmlWalk};
use crate::{Asset, CheckKind, ScanError, ScanLimits, ScanResult, ScanRun};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "ckl",
    title: "STIG checklist (.ckl)",
    page: include_str!("ckl.md"),
    recognises: |head| head.has_element("CHECKLIST"),
    read,
};

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    let mut run = ScanRun { tool: "STIG checklist".to_owned(), ..ScanRun::default() };
    let mut asset: Option<Asset> = None;
    while let Some(step) = walk.next()? {
        let XmlStep::Start(element) = step else { continue };
        let place = walk.current_place();
        match element.name.as_str() {
            "ASSET" => {
                let element = walk.read_rest(element)?;
                asset = ["HOST_NAME", "HOST_FQDN", "HOST_IP"]
                    .iter()
                    .map(|name| element.text_of(name))
                    .find(|text| !text.is_empty())
                    .map(Asset::new);
                run.assets.extend(asset.clone());
            }
            "STIG_INFO" => {
                let info = walk.read_rest(element)?;
                run.profile = info
                    .find_children("SI_DATA")
                    .find(|data| data.text_of("SID_NAME") == "title")
                    .map(|data| data.text_of("SID_DATA").to_owned());
            }
            "VULN" => {
                let vuln = walk.read_rest(element)?;
                sink.accept_result(build_result(place, &vuln, asset.clone()))?;
            }
            _ => {}
        }
        if sink.is_stopped() {
            return Ok(());
        }
    }
    sink.run(run);
    Ok(())
}

fn build_result(place: String, vuln: &XmlElement, asset: Option<Asset>) -> ScanResult {
    let data = |name: &str| {
        vuln.find_children("STIG_DATA")
            .find(|data| data.text_of("VULN_ATTRIBUTE") == name)
            .map_or("", |data| data.text_of("ATTRIBUTE_DATA"))
    };
    let number = data("Vuln_Num");
    let id = stig_number(number)
        .or_else(|| stig_number(data("Rule_ID")))
        .unwrap_or_else(|| number.to_owned());
    let mut result = ScanResult::new(place, stig::DETECTOR, id);
    result.kind = CheckKind::Configuration;
    result.title = data("Rule_Title").to_owned();
    result.description = data("Vuln_Discuss").to_owned();
    result.remediation = data("Fix_Text").to_owned();
    stig::rate_check(&mut result, data("Severity"), vuln.text_of("SEVERITY_OVERRIDE"));
    result.outcome = stig::parse_outcome(vuln.text_of("STATUS"));
    result.assets.extend(asset);
    for name in ["Rule_Ver", "Rule_ID"] {
        add(&mut result.references, data(name));
    }
    for data in
        vuln.find_children("STIG_DATA").filter(|data| data.text_of("VULN_ATTRIBUTE") == "CCI_REF")
    {
        add(&mut result.ccis, data.text_of("ATTRIBUTE_DATA"));
    }
    result.family = Some(data("STIGRef").to_owned()).filter(|text| !text.is_empty());
    result.proofs = usize::from(!vuln.text_of("FINDING_DETAILS").is_empty());
    result
}

#[cfg(test)]
mod tests {
    use super::super::tests::Collected;
    use crate::{ScanLimits, read};

    #[test]
    fn text_beside_the_root_of_an_xml_file_is_refused() {
        let checklist = "<CHECKLIST><ASSET><HOST_NAME>a</HOST_NAME></ASSET><STIGS/></CHECKLIST>";
        for (file, is_read) in [
            (format!("<?xml version=\"1.0\"?>\n<!-- c -->\n{checklist}\n<!-- c -->\n"), true),
            (format!("\u{feff}{checklist}"), true),
            (format!("{checklist}{checklist}"), false),
            (format!("{checklist}\nuploaded ok"), false),
            (format!("{checklist}&amp;"), false),
            (format!("{checklist}<x/>"), false),
        ] {
            let mut sink = Collected::default();
            let read = read(&mut file.as_bytes(), ScanLimits::default(), &mut sink);
            assert_eq!(read.is_ok(), is_read, "{file}: {:?}", read.err());
        }
    }
}
