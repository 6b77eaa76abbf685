"""Kubernetes: manifests as inputs, AdmissionReviews and their answers, Gatekeeper's templates and constraints.

>>> import solon
>>> from solon.kubernetes import manifests
>>> policy = solon.Policy('''
... package pods
... deny contains "no host network" if input.request.object.spec.hostNetwork
... ''')
>>> deny = policy.query("data.pods.deny")
>>> for manifest in manifests("kind: Pod\\napiVersion: v1\\nspec: {hostNetwork: true}", file="pod.yaml"):
...     print(manifest.kind, deny.evaluate(manifest.input("admission")))
Pod ['no host network']
"""

from ._solon import Admission, Manifest, manifests

__all__ = ["Admission", "Manifest", "manifests"]
