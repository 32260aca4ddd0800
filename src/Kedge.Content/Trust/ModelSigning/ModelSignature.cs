using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Trust.ModelSigning;

/// <summary>
/// Model signatures by the OpenSSF model-signing specification 1.0: a Sigstore bundle around a DSSE envelope around an
/// in-toto statement that lists the files of a model with their digests. Signs and verifies by key and by certificate,
/// and reads the four vectors of the project's own tool. What it does not do: keyless signing, which needs a service
/// and a transparency log; shards and BLAKE; signatures of versions before 1.0, whose encoding had a fault.
/// </summary>
public static class ModelSignature
{
    /// <summary>The bundle over all files of a package, as a tool sees them in a folder of the package's
    /// paths.</summary>
    /// <param name="manifest">The package.</param>
    /// <param name="key">A private key that signs models.</param>
    public static byte[] Of(PackageManifest manifest, ECDsa key)
    {
        ECDsa copy = ECDsa.Create(key.ExportParameters(includePrivateParameters: true));
        Check.That(EllipticKey.TryOf(copy, out EllipticKey? taken));
        using (taken)
        {
            return Sign(StatementOf(manifest), taken);
        }
    }

    /// <summary>
    /// What is signed of a package: its files by their paths, where there are several variants those of each in a
    /// folder of its name, since each has a file of the same path.
    /// </summary>
    public static ModelStatement StatementOf(PackageManifest manifest)
    {
        SortedSet<SignedFile> resources = new(SignedFile.Order);
        foreach (ModelVariant variant in manifest.Variants)
        {
            string folder = manifest.Variants.Length > 1 ? variant.Name + "/" : "";
            foreach (PackageFile file in variant.Files)
            {
                _ = resources.Add(new SignedFile(folder + file.Path, file.Digest));
            }
        }

        if (manifest.Golden is { } golden)
        {
            _ = resources.Add(new SignedFile(golden.File.Path, golden.File.Digest));
        }

        return new ModelStatement { Name = manifest.Name, Resources = [.. resources] };
    }

    /// <summary>The bundle of a statement, by key.</summary>
    public static byte[] Sign(ModelStatement statement, EllipticKey key) =>
        Sign(statement, key, new SigningMaterial.PublicKey(key.Hint, key.Pem));

    /// <summary>The bundle of a statement, by certificate.</summary>
    /// <param name="statement">What to sign.</param>
    /// <param name="key">The key of the first certificate.</param>
    /// <param name="chain">Certificates in DER, the signer's first.</param>
    public static byte[] Sign(
        ModelStatement statement, EllipticKey key, ImmutableArray<ReadOnlyMemory<byte>> chain) =>
        Sign(statement, key, new SigningMaterial.Certificates(chain));

    /// <summary>Verifies a bundle by a public key. Never throws, whatever the bytes.</summary>
    /// <param name="bundle">The signature file.</param>
    /// <param name="key">The key that must have signed.</param>
    public static ModelSignatureOutcome Verify(ReadOnlySpan<byte> bundle, EllipticKey key)
    {
        if (SigstoreBundleFormat.TryRead(bundle, out Finding? finding) is not { } read)
        {
            return Refused(finding);
        }

        if (read.Material is not SigningMaterial.PublicKey material)
        {
            return Refused(ModelSigningErrors.Key.At("It is signed by certificate; verify it against a root."));
        }

        return NamesAnother(material, key)
            ? Refused(ModelSigningErrors.Key.At("It names another public key than the one given."))
            : Open(read.Envelope, key);
    }

    /// <summary>Verifies a bundle by its certificate. Never throws, whatever the bytes.</summary>
    /// <param name="bundle">The signature file.</param>
    /// <param name="roots">Roots in DER that count.</param>
    /// <param name="more">Intermediates in DER beside those of the bundle.</param>
    public static ModelSignatureOutcome Verify(
        ReadOnlySpan<byte> bundle,
        ImmutableArray<ReadOnlyMemory<byte>> roots,
        ImmutableArray<ReadOnlyMemory<byte>> more)
    {
        if (SigstoreBundleFormat.TryRead(bundle, out Finding? finding) is not { } read)
        {
            return Refused(finding);
        }

        if (read.Material is not SigningMaterial.Certificates material)
        {
            return Refused(ModelSigningErrors.Key.At("It is signed by key; verify it with the public key."));
        }

        using EllipticKey? key = SigningCertificates.TryKey([.. material.Chain, .. more], roots, out finding);
        return key is null ? Refused(finding) : Open(read.Envelope, key);
    }

    private static byte[] Sign(ModelStatement statement, EllipticKey key, SigningMaterial material)
    {
        byte[] payload = ModelStatementFormat.Write(statement);
        byte[] signature = key.Sign(Dsse.Encode(ModelStatementFormat.PayloadType, payload));
        DsseEnvelope envelope = new()
        {
            PayloadType = ModelStatementFormat.PayloadType,
            Payload = payload,
            Signatures = [new DsseSignature("", signature)],
        };
        return SigstoreBundleFormat.Write(new SigstoreBundle(material, envelope), key.Details);
    }

    /// <summary>Both ways of naming a key are hints: they refuse early, and prove nothing.</summary>
    private static bool NamesAnother(SigningMaterial.PublicKey material, EllipticKey key) =>
        (material.Pem.Length > 0 && !key.IsPem(material.Pem))
        || (material.Hint.Length > 0 && material.Hint != key.Hint);

    private static ModelSignatureOutcome Open(DsseEnvelope envelope, EllipticKey key)
    {
        if (envelope.PayloadType != ModelStatementFormat.PayloadType)
        {
            return Refused(ModelSigningErrors.Statement.At($"Its payload is '{envelope.PayloadType}'."));
        }

        byte[] signed = Dsse.Encode(envelope.PayloadType, envelope.Payload.Span);
        if (!key.Verifies(signed, envelope.Signatures[0].Signature.Span))
        {
            return Refused(ModelSigningErrors.Signature.At("The signature does not match the statement."));
        }

        return ModelStatementFormat.TryRead(envelope.Payload.Span, out Finding? finding) is { } statement
            ? new ModelSignatureOutcome.Verified(statement)
            : Refused(finding);
    }

    private static ModelSignatureOutcome.Refused Refused(Finding? finding)
    {
        Check.That(finding is not null);
        return new ModelSignatureOutcome.Refused(finding);
    }
}

/// <summary>What a model signature proves.</summary>
[Closed]
public abstract record ModelSignatureOutcome
{
    private ModelSignatureOutcome()
    {
    }

    /// <summary>Whom was asked for has signed this list of files. Never compared.</summary>
    /// <param name="Statement">The list; compare it with the files.</param>
    public sealed record Verified(ModelStatement Statement) : ModelSignatureOutcome;

    /// <summary>It proves nothing.</summary>
    /// <param name="Finding">Why.</param>
    public sealed record Refused(Finding Finding) : ModelSignatureOutcome;
}
