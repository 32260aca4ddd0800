using System.Text;
using Kedge.Core;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>One file of a model as a signature names it.</summary>
/// <param name="Name">Path from the model's folder with forward slashes; <c>.</c> when the model is one file.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
public sealed record SignedFile(string Name, Digest Digest)
{
    /// <summary>Name of the resource of a model that is one file.</summary>
    public const string WholeModel = ".";

    /// <summary>The order of resources in a statement: by folders and name, each by Unicode code points.</summary>
    public static readonly IComparer<SignedFile> Order = Comparer<SignedFile>.Create(
        static (left, right) => Key(left.Name).AsSpan().SequenceCompareTo(Key(right.Name)));

    /// <summary>A slash counts less than any character, so that folders compare before what follows them.</summary>
    private static byte[] Key(string name) => Encoding.UTF8.GetBytes(name.Replace('/', '\0'));
}
