using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>Compares the files that are there with those that were signed, and says what a walk leaves out.</summary>
public static class ModelFiles
{
    /// <summary>What version control leaves in a folder: never part of a model, as the model-signing tool has
    /// it.</summary>
    public static readonly ImmutableArray<string> OfVersionControl =
        [".git", ".gitattributes", ".github", ".gitignore"];

    /// <summary>Every difference; empty when the model is as it was signed.</summary>
    /// <param name="statement">What was signed.</param>
    /// <param name="found">The files that are there.</param>
    public static ImmutableArray<Finding> Compare(ModelStatement statement, IReadOnlyCollection<SignedFile> found)
    {
        Dictionary<string, Digest> there = new(StringComparer.Ordinal);
        foreach (SignedFile resource in found)
        {
            Check.That(there.TryAdd(resource.Name, resource.Digest));
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (SignedFile signed in statement.Resources)
        {
            if (!there.Remove(signed.Name, out Digest digest))
            {
                findings.Add(ModelSigningErrors.FileMissing.At($"'{signed.Name}' was signed and is not there."));
            }
            else if (digest != signed.Digest)
            {
                findings.Add(ModelSigningErrors.FileChanged.At(
                    $"'{signed.Name}' has digest {digest.Short}; signed was {signed.Digest.Short}."));
            }
        }

        findings.AddRange(there.Keys.Order(StringComparer.Ordinal).Select(static name =>
            ModelSigningErrors.FileAdded.At($"'{name}' was not signed.")));
        return findings.DrainToImmutable();
    }

    /// <summary>True when a path, or a folder that it lies in, is among those that are left out.</summary>
    public static bool IsIgnored(string path, IEnumerable<string> ignored) => ignored.Any(one =>
        path == one || (path.StartsWith(one, StringComparison.Ordinal) && path[one.Length] == '/'));
}
