using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Content.Trust;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>
/// Model signatures that go with a package: the author's, when one was given and verified against what is pushed, and
/// ours over all files of the package. Both travel beside the signed manifest, for who takes the package elsewhere.
/// </summary>
internal static class AuthorSignature
{
    /// <summary>The envelope with both signatures.</summary>
    /// <param name="envelope">The signed manifest.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="key">The key that signed it.</param>
    /// <param name="author">The author's signature; null for none.</param>
    public static byte[] Attach(byte[] envelope, PackageManifest manifest, ECDsa key, byte[]? author)
    {
        ReadOnlyMemory<byte> ours = ModelSignature.Of(manifest, key);
        return Dsse.Attach(envelope, author is null ? [ours] : [ours, author]);
    }

    /// <summary>Verifies the author's signature and that it speaks of every file that is pushed; null when none was
    /// given. Ends the command when it does not.</summary>
    /// <param name="signature">The signature's file; empty for none.</param>
    /// <param name="by">File of the public key, or files of roots, to verify by.</param>
    /// <param name="pushed">The files by name in the author's folder.</param>
    public static byte[]? Read(
        string signature, (string Key, string[] Roots) by, IReadOnlyCollection<SignedFile> pushed)
    {
        if (signature.Length == 0)
        {
            return by.Key.Length + by.Roots.Length == 0 ? null : throw new CliException(
                CliErrors.Usage, "--signature-key and --signature-root go with --signature", ExitCodes.Usage);
        }

        (byte[] bundle, ModelStatement statement) = ModelKeys.Verify(signature, by.Key, by.Roots, []);
        if (statement.Resources is [{ Name: SignedFile.WholeModel }] && pushed.Count == 1)
        {
            pushed = [.. pushed.Select(static one => one with { Name = SignedFile.WholeModel })];
        }

        // An author signs a whole folder: what lies there and is not pushed is no fault.
        ImmutableArray<Finding> findings = [.. ModelFiles.Compare(statement, pushed)
            .Where(static one => one.Code != ModelSigningErrors.FileMissing.Code)];
        return findings.IsEmpty ? bundle : throw new CliException(findings, ExitCodes.Refused);
    }
}
