using System.Collections.Immutable;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>The kinds that the command line knows.</summary>
internal static class ResourceKinds
{
    /// <summary>All of them, in the order in which help lists them.</summary>
    public static ImmutableArray<ResourceKind> All { get; } =
    [
        DeviceKind.Kind, ModelKind.Kind, DeploymentKind.Kind, EndpointKind.Kind, TokenKind.Kind, EventKind.Kind,
        SigningPolicyKind.Kind, CredentialKind.Kind, SiteKind.Kind,
    ];

    /// <summary>The kind of a word; ends the command when there is none.</summary>
    public static ResourceKind Require(string word) => All.FirstOrDefault(kind => kind.IsCalled(word))
        ?? throw new CliException(
            CliErrors.Kind,
            $"there is no kind '{word}'" + DidYouMean.Sentence(
                word, All.SelectMany(kind => new[] { kind.Plural, kind.Singular })),
            ExitCodes.Usage);

    /// <summary>Takes <c>device/press-01</c> apart, or pairs a kind with names.</summary>
    /// <returns>The kind and the names, none when all are meant.</returns>
    public static (ResourceKind Kind, ImmutableArray<string> Names) Split(IReadOnlyList<string> words)
    {
        if (words.FirstOrDefault(word => word.StartsWith('-')) is string option)
        {
            throw new CliException(CliErrors.Usage, $"there is no option {option} here", ExitCodes.Usage);
        }

        int slash = words[0].IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return (Require(words[0]), [.. words.Skip(1)]);
        }

        ResourceKind kind = Require(words[0][..slash]);
        List<string> names = [];
        foreach (string word in words)
        {
            int at = word.IndexOf('/', StringComparison.Ordinal);
            if (at < 0 || !kind.IsCalled(word[..at]))
            {
                throw new CliException(
                    CliErrors.Usage, $"'{word}' is not of the form {kind.Singular}/NAME as the first", ExitCodes.Usage);
            }

            names.Add(word[(at + 1)..]);
        }

        return (kind, [.. names]);
    }

    /// <summary>The name in <c>deployment/x</c> or <c>x</c>, for commands that take one kind only.</summary>
    public static string NameOf(ResourceKind kind, string word)
    {
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return word;
        }

        return kind.IsCalled(word[..slash])
            ? word[(slash + 1)..]
            : throw new CliException(CliErrors.Kind, $"'{word}' is no {kind.Singular}", ExitCodes.Usage);
    }
}
