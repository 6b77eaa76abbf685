# METADATA
# title: PCI DSS v4.0.1 for Kubernetes
# description: >-
#   Every check of the pack in one answer. An object complies with what the pack can see when `deny` is empty.
# related_resources:
#   - ref: https://www.pcisecuritystandards.org/document_library/
#     description: The standard itself, at the PCI Security Standards Council
package pci_dss

# METADATA
# title: Findings of all checks
# description: >-
#   The checks are named one by one, since a rule of `data.pci_dss` cannot range over `data.pci_dss`. A test fails when
#   one is missing here.
# entrypoint: true
deny contains finding if some finding in data.pci_dss.no_privileged.deny

deny contains finding if some finding in data.pci_dss.no_secrets_in_env.deny

deny contains finding if some finding in data.pci_dss.resource_limits.deny

deny contains finding if some finding in data.pci_dss.run_as_non_root.deny

# METADATA
# title: Findings as text
messages contains finding.msg if some finding in deny
