using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Running;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Models;

/// <summary>
/// Tags that begin with a digit, or with <c>v</c> and a digit, are versions and stay with what they name; all others
/// are words for a stage, and move. That is how people read both, so that a version that names something else today
/// than yesterday needs <c>--force</c>.
/// </summary>
internal static class TagRules
{
    /// <summary>True for a version.</summary>
    public static bool IsVersion(string tag) => VersionTags.IsVersion(tag);

    /// <summary>Ends the command when a text is no tag.</summary>
    public static void Require(string tag)
    {
        if (!PackageReference.IsTag(tag))
        {
            throw new CliException(CliErrors.Usage, $"'{tag}' is no tag", ExitCodes.Usage);
        }
    }

    /// <summary>
    /// Ends the command when a tag is a version that the model has, before anything was done for the package.
    /// </summary>
    public static async Task RequireFreeAsync(
        Session session, string model, IEnumerable<string> tags, CancellationToken ct)
    {
        string[] versions = [.. tags.Where(IsVersion)];
        if (versions.Length == 0)
        {
            return;
        }

        TagResource? held = (await TagsAsync(session, model, ct).ConfigureAwait(false))
            .FirstOrDefault(tag => versions.Contains(tag.Tag, StringComparer.Ordinal));
        if (held is not null)
        {
            throw Held(model, held.Tag, held.Digest);
        }
    }

    /// <summary>Points a tag at a package, a version only where it is new.</summary>
    /// <returns>What it named before; empty for nothing.</returns>
    public static async Task<string> MoveAsync(
        Session session, (string Model, string Tag) name, string digest, bool isForced, CancellationToken ct)
    {
        (string model, string tag) = name;
        string before = (await TagsAsync(session, model, ct).ConfigureAwait(false))
            .FirstOrDefault(one => one.Tag == tag)?.Digest ?? "";
        bool isBound = IsVersion(tag) && !isForced;
        if (isBound && before.Length > 0 && before != digest)
        {
            throw Held(model, tag, before);
        }

        TagRequest request = new(digest, isBound ? before : null);
        await session.Client.MoveTagAsync(model, tag, request, ct).ConfigureAwait(false);
        return before;
    }

    private static CliException Held(string model, string tag, string digest) =>
        new(CliErrors.VersionTag, $"{model}:{tag} is {digest}", ExitCodes.Refused);

    private static async Task<IReadOnlyList<TagResource>> TagsAsync(
        Session session, string model, CancellationToken ct)
    {
        try
        {
            return (await session.Client.GetModelAsync(model, ct).ConfigureAwait(false)).Tags;
        }
        catch (KedgeApiException exception) when (exception.Status == 404)
        {
            return [];
        }
    }
}
