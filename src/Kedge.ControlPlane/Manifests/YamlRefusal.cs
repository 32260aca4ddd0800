using Kedge.Core.Errors;

namespace Kedge.ControlPlane.Manifests;

/// <summary>Leaves the reading of a text that is refused; never leaves <see cref="ManifestYaml"/>.</summary>
internal sealed class YamlRefusal(Finding finding) : Exception(finding.Message)
{
    public Finding Finding { get; } = finding;
}
