using Kedge.Api.Resources;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Models;

/// <summary>Finds packages by the names that users give them.</summary>
internal static class PackageNames
{
    /// <summary>Reads a name; ends the command when it is none.</summary>
    public static PackageReference Parse(string text) =>
        PackageReference.TryParse(text, out PackageReference? reference)
        ? reference
        : throw new CliException(
            CliErrors.Usage, $"'{text}' names no package; write NAME:TAG or a digest", ExitCodes.Usage);

    /// <summary>The digest that a name stands for; ends the command when there is none.</summary>
    public static async Task<string> ResolveAsync(Session session, string text, CancellationToken ct)
    {
        PackageReference reference = Parse(text);
        if (reference.Digest is { IsNone: false } digest)
        {
            return digest.ToString();
        }

        ModelResource model = await session.Client.GetModelAsync(reference.Model, ct).ConfigureAwait(false);
        return model.Tags.FirstOrDefault(tag => tag.Tag == reference.Tag)?.Digest ?? throw NoTag(model, reference.Tag);
    }

    /// <summary>What a command ends with when a model lacks a tag.</summary>
    public static CliException NoTag(ModelResource model, string tag) => new(
        CliErrors.NotFound,
        $"{model.Name} has no tag {tag}" + DidYouMean.Sentence(tag, model.Tags.Select(static one => one.Tag)),
        ExitCodes.NotFound);
}
