using System.CommandLine;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;
using Kedge.Oci;

namespace Kedge.Cli.Commands;

/// <summary>What <c>kedge model import</c> takes.</summary>
internal sealed class ImportArguments
{
    public Argument<string> Place { get; } = new("PLACE")
    {
        Description = "oci://HOST[:PORT]/REPOSITORY[:TAG] or with @sha256:..., or oci-layout:FOLDER[:TAG].",
    };

    public Option<string> Name { get; } = new("--name", "-n")
    {
        Description = "Name of the model; the artifact's own when it is left out.",
        HelpName = "NAME",
    };

    public Option<string[]> Tag { get; } = new("--tag", "-t")
    {
        Description = "Tag that is to name the package; may be given more than once. Default: the tag of PLACE.",
        HelpName = "TAG",
    };

    public Option<bool> Force { get; } = new("--force")
    {
        Description = "Move tags that are versions, as v2, though they name another package.",
    };

    public Option<bool> SignAnew { get; } = new("--sign-anew")
    {
        Description = "Package and sign the files anew, though the artifact holds a signed package.",
    };

    public Option<string> Key { get; } = new("--key")
    {
        Description = "Private key to sign with, PEM; model-signing.key of the owner's folder when left out.",
        HelpName = "FILE",
    };

    public Option<bool> SkipGoldenCheck { get; } = new("--skip-golden-check")
    {
        Description = "Run nothing here; a package that is made anew has the artifact's golden samples or none.",
    };

    public RegistryArguments Registry { get; } = new();

    public Option<string> Output { get; } = OutputOption.Create("json", "yaml");

    public void AddTo(Command command)
    {
        command.Add(Place);
        command.Add(Name);
        command.Add(Tag);
        command.Add(Force);
        command.Add(SignAnew);
        command.Add(Key);
        command.Add(SkipGoldenCheck);
        Registry.AddTo(command);
        command.Add(Output);
    }

    /// <summary>How a package is pushed; ends the command when a tag is none.</summary>
    public PushTerms Terms(Session session, OciPlace place) => new()
    {
        Tags = PushTerms.TagsOf(
            session.Get(Tag) is { Length: > 0 } given ? given : PackageReference.IsTag(place.Tag) ? [place.Tag] : []),
        IsForced = session.Get(Force),
        Key = session.Get(Key) ?? "",
        SkipsGoldenCheck = session.Get(SkipGoldenCheck),
    };
}
