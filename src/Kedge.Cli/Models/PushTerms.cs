namespace Kedge.Cli.Models;

/// <summary>How a push is carried out, whatever it brings. Never compared.</summary>
internal sealed record PushTerms
{
    /// <summary>Tags that are to name the package, at least one, each well-formed.</summary>
    public required string[] Tags { get; init; }

    /// <summary>True to move tags that are versions, too.</summary>
    public required bool IsForced { get; init; }

    /// <summary>File of the key to sign with; empty for the owner's folder.</summary>
    public required string Key { get; init; }

    /// <summary>True to run nothing here.</summary>
    public required bool SkipsGoldenCheck { get; init; }

    /// <summary>True to measure what variants cost here.</summary>
    public bool Measures { get; init; }

    /// <summary>File of the author's signature; empty for none.</summary>
    public string Signature { get; init; } = "";

    /// <summary>File of the public key that must have made it; empty for none.</summary>
    public string SignatureKey { get; init; } = "";

    /// <summary>Files of roots that its certificate must lead to.</summary>
    public string[] SignatureRoots { get; init; } = [];

    /// <summary>Tags as a user gave them, <c>latest</c> when none; ends the command when one is none.</summary>
    public static string[] TagsOf(string[]? given)
    {
        string[] tags = given is { Length: > 0 } ? given : ["latest"];
        foreach (string tag in tags)
        {
            TagRules.Require(tag);
        }

        return tags;
    }
}
