using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Deployments;
using static Kedge.Tests.Support.Fleets;

namespace Kedge.ControlPlane.Tests.Manifests;

/// <summary>What an apply says it changes in a deployment.</summary>
public sealed class ManifestDiffTests
{
    private static readonly Digest _first = Digest.Of("1"u8);
    private static readonly Digest _second = Digest.Of("2"u8);
    private static readonly Digest _third = Digest.Of("3"u8);

    [Fact]
    public void A_version_that_comes_and_one_that_goes_are_shown_though_the_manifest_is_the_same()
    {
        DeploymentSpec before = Versions(new VersionsSpec.Latest(2), ("v2", _second), ("v1", _first));
        DeploymentSpec after = Versions(new VersionsSpec.Latest(2), ("v3", _third), ("v2", _second));
        Assert.Equal(
            [$"- spec.models[0].versions[v1]: {_first}", $"+ spec.models[0].versions[v3]: {_third}"],
            Of(before, after));
        Assert.Empty(Of(after, after));
    }

    [Fact]
    public void A_tag_that_names_another_package_is_shown_for_a_version_and_for_a_package()
    {
        Assert.Equal(
            [$"~ spec.models[0].versions[prod]: {_first} -> {_second}"],
            Of(Versions(new VersionsSpec.Listed(["prod"]), ("prod", _first)),
                Versions(new VersionsSpec.Listed(["prod"]), ("prod", _second))));
        Assert.Equal([$"~ spec.models[0].digest: {_first} -> {_second}"], Of(Package(_first), Package(_second)));
    }

    [Fact]
    public void Another_policy_is_shown_beside_what_it_serves()
    {
        DeploymentSpec one = Package(_first);
        DeploymentSpec all = Versions(new VersionsSpec.All(), ("v2", _second), ("v1", _first));
        Assert.Equal(
            [
                $"- spec.models[0].digest: {_first}",
                "~ spec.models[0].package: bearing:prod -> bearing",
                "+ spec.models[0].versions.all: true",
                $"+ spec.models[0].versions[v1]: {_first}",
                $"+ spec.models[0].versions[v2]: {_second}",
            ],
            Of(one, all));
        Assert.Equal(
            [
                "- spec.models[0].versions.all: true",
                "+ spec.models[0].versions.latest: 1",
                $"- spec.models[0].versions[v1]: {_first}",
            ],
            Of(all, Versions(new VersionsSpec.Latest(1), ("v2", _second))));
    }

    private static IReadOnlyList<string> Of(DeploymentSpec before, DeploymentSpec after) =>
        ManifestDiff.Of(ManifestDiff.ValuesOf(before), ManifestDiff.ValuesOf(after));

    private static DeploymentSpec Package(Digest digest) => Deployment("bearing", "bearing:prod") with
    {
        Models = [new ModelChoice("m", "bearing:prod", digest)],
    };

    private static DeploymentSpec Versions(VersionsSpec versions, params (string Tag, Digest Digest)[] picked) =>
        Deployment("bearing", "bearing:v1") with
        {
            Models =
            [
                new ModelChoice("m", "bearing", default)
                {
                    Versions = versions,
                    Picked = [.. picked.Select(static one => new PickedVersion(one.Tag, one.Digest))],
                },
            ],
        };
}
