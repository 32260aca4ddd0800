using System.Collections.Immutable;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;
using Kedge.Tests.Support;

namespace Kedge.Content.Tests.Trust.ModelSigning;

/// <summary>Four models signed by the OpenSSF tool 1.0.0 and 1.0.1, which lie beside the checkout.</summary>
internal static class Vectors
{
    public static readonly ImmutableArray<string> ByKey = ["v1.0.0-elliptic-key", "v1.0.1-elliptic-key"];
    public static readonly ImmutableArray<string> ByCertificate = ["v1.0.0-certificate", "v1.0.1-certificate"];

    public static string Folder { get; } = Path.Combine(FromElsewhere.Folder ?? "", "model-signing");

    public static byte[] Signature(string vector) => File.ReadAllBytes(Path.Combine(Folder, vector, "model.sig"));

    public static string Pem(string name) => File.ReadAllText(Path.Combine(Folder, "keys", name));

    public static EllipticKey Key()
    {
        Assert.True(EllipticKey.TryParsePem(Pem("signing-key-pub.pem"), out EllipticKey? key));
        return key;
    }

    public static ImmutableArray<ReadOnlyMemory<byte>> Certificates(string name)
    {
        Assert.True(SigningCertificates.TryParsePem(Pem(name), out ImmutableArray<ReadOnlyMemory<byte>> read));
        return read;
    }

    /// <summary>The signed files of a vector, as a walk over its folder finds them.</summary>
    public static ImmutableArray<SignedFile> Files(string vector) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Folder, vector))
            .Where(path => Path.GetFileName(path) is not ("model.sig" or "ignore-me"))
            .Select(path => new SignedFile(Path.GetFileName(path), Digest.Of(File.ReadAllBytes(path))))
            .Order(SignedFile.Order),
    ];
}
