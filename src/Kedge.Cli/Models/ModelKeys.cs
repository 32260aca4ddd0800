using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using Kedge.Cli.Running;
using Kedge.Content;
using Kedge.Content.Trust.ModelSigning;

namespace Kedge.Cli.Models;

/// <summary>Reads the keys, certificates and signatures that commands about model signatures are given.</summary>
internal static class ModelKeys
{
    private const int FileBytesMax = 256 * 1024;

    /// <summary>A private key to sign with: the named file, or model-signing.key of the owner's folder.</summary>
    public static EllipticKey Private(Session session, string named)
    {
        string path = named.Length > 0 ? named : Path.Combine(session.Context.OwnerFolder, "model-signing.key");
        if (!File.Exists(path))
        {
            throw new CliException(CliErrors.NoKey, $"{path} does not exist", ExitCodes.Failed);
        }

        string pem = ReadText(path);
        return pem.Contains("PRIVATE KEY", StringComparison.Ordinal) && TryKey(pem, out EllipticKey? key)
            ? key
            : throw new CliException(CliErrors.ModelKey, $"{path} holds no private key to sign with", ExitCodes.Failed);
    }

    /// <summary>A key to verify with: public, or a private one's public half.</summary>
    public static EllipticKey Public(string path) => TryKey(ReadText(path), out EllipticKey? key)
        ? key
        : throw new CliException(CliErrors.ModelKey, $"{path} holds no key to verify with", ExitCodes.Failed);

    /// <summary>All certificates of some files, in DER.</summary>
    public static ImmutableArray<ReadOnlyMemory<byte>> Certificates(IEnumerable<string> paths)
    {
        ImmutableArray<ReadOnlyMemory<byte>>.Builder all = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        foreach (string path in paths)
        {
            if (!SigningCertificates.TryParsePem(ReadText(path), out ImmutableArray<ReadOnlyMemory<byte>> read))
            {
                throw new CliException(CliErrors.Certificate, $"{path} holds no certificate", ExitCodes.Failed);
            }

            all.AddRange(read);
        }

        return all.Count <= ContentLimits.ChainMax
            ? all.DrainToImmutable()
            : throw new CliException(
                CliErrors.Certificate, $"more than {ContentLimits.ChainMax} certificates are given", ExitCodes.Refused);
    }

    /// <summary>Ends the command when a certificate is not for the key.</summary>
    public static void RequireCertificateOf(EllipticKey key, ReadOnlyMemory<byte> certificate, string path)
    {
        using X509Certificate2 read = X509CertificateLoader.LoadCertificate(certificate.Span);
        if (read.PublicKey.ExportSubjectPublicKeyInfo() is { } spki
            && System.Security.Cryptography.PemEncoding.WriteString("PUBLIC KEY", spki) + "\n" != key.Pem)
        {
            throw new CliException(
                CliErrors.Certificate, $"the first certificate of {path} is for another key", ExitCodes.Refused);
        }
    }

    /// <summary>Verifies a signature file by key or by root; ends the command when it proves nothing.</summary>
    /// <param name="signature">The file.</param>
    /// <param name="key">File of the public key; empty when roots are given.</param>
    /// <param name="roots">Files of roots.</param>
    /// <param name="chain">Files of intermediates.</param>
    public static (byte[] Bundle, ModelStatement Statement) Verify(
        string signature, string key, string[] roots, string[] chain)
    {
        if (key.Length > 0 == roots.Length > 0)
        {
            throw new CliException(
                CliErrors.Usage, "say by what to verify: either a public key or a root", ExitCodes.Usage);
        }

        byte[] bundle = ReadSignature(signature);
        return (bundle, Judge(bundle, key, roots, chain) switch
        {
            ModelSignatureOutcome.Verified verified => verified.Statement,
            ModelSignatureOutcome.Refused refused => throw new CliException([refused.Finding], ExitCodes.Refused),
            object other => throw Core.Check.Unreachable(other),
        });
    }

    private static ModelSignatureOutcome Judge(byte[] bundle, string key, string[] roots, string[] chain)
    {
        if (key.Length == 0)
        {
            return ModelSignature.Verify(bundle, Certificates(roots), Certificates(chain));
        }

        using EllipticKey verifier = Public(key);
        return ModelSignature.Verify(bundle, verifier);
    }

    private static byte[] ReadSignature(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
        }

        return file.Length > ContentLimits.BundleBytesMax
            ? throw new CliException(
                [ContentErrors.TooLarge.At($"{path} is larger than any model signature")], ExitCodes.Refused)
            : File.ReadAllBytes(path);
    }

    private static bool TryKey(string pem, [NotNullWhen(true)] out EllipticKey? key) =>
        EllipticKey.TryParsePem(pem, out key);

    private static string ReadText(string path)
    {
        FileInfo file = new(path);
        return !file.Exists
            ? throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed)
            : file.Length > FileBytesMax
            ? throw new CliException(CliErrors.File, $"{path} is too large for keys", ExitCodes.Refused)
            : File.ReadAllText(path);
    }
}
