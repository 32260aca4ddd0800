using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Kedge.Cli.Models;
using Kedge.Cli.Running;
using Kedge.Content.Trust.ModelSigning;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge model sign PATH</c>: signs the files of a model by the OpenSSF model-signing specification, so that anybody
/// with a tool for it can verify them. Calls no server.
/// </summary>
internal static class ModelSignCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string> path = new("PATH") { Description = "The model: a file, or a folder with all its files." };
        Option<string> key = new("--key")
        {
            Description = "Private key to sign with, PEM; model-signing.key of the owner's folder when left out.",
            HelpName = "FILE",
        };
        Option<string> certificate = new("--certificate")
        {
            Description = "Certificate of the key, PEM: the signature then carries it.",
            HelpName = "FILE",
        };
        Option<string[]> chain = new("--chain")
        {
            Description = "Certificates that issued it, PEM, without the root; may be given more than once.",
            HelpName = "FILE",
        };
        Option<string> signature = ModelSignatureOptions.Signature("Where to write it");
        Option<string[]> ignore = ModelSignatureOptions.Ignore("Recorded in the signature");
        Command command = new("sign", "Sign the files of a model by the OpenSSF model-signing specification.")
        {
            path, key, certificate, chain, signature, ignore,
        };
        action.Bind(command, async (session, ct) =>
        {
            string model = session.Get(path) ?? "";
            string target = session.Get(signature) is { Length: > 0 } named ? named : ModelFolder.SignatureOf(model);
            string[] ignored = session.Get(ignore) ?? [];
            using EllipticKey signer = ModelKeys.Private(session, session.Get(key) ?? "");
            ImmutableArray<ReadOnlyMemory<byte>> certificates =
                Certificates(signer, session.Get(certificate) ?? "", session.Get(chain) ?? []);
            ModelStatement statement = new()
            {
                Name = ModelFolder.NameOf(model),
                Resources = await ModelFolder
                    .ReadAsync(model, ModelFolder.Ignored(model, target, ignored), ct).ConfigureAwait(false),
                IgnoredPaths = [.. ignored.Order(StringComparer.Ordinal)],
            };
            byte[] bundle = certificates.IsEmpty
                ? ModelSignature.Sign(statement, signer)
                : ModelSignature.Sign(statement, signer, certificates);
            Replace(target, bundle);
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{statement.Name}: {statement.Resources.Length} file{(statement.Resources.Length == 1 ? "" : "s")} "
                + $"signed as {statement.Root} in {target}"));
        });
        return command;
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Certificates(
        EllipticKey key, string certificate, string[] chain)
    {
        if (certificate.Length == 0)
        {
            return chain.Length == 0
                ? []
                : throw new CliException(CliErrors.Usage, "--chain goes with --certificate", ExitCodes.Usage);
        }

        ImmutableArray<ReadOnlyMemory<byte>> all = ModelKeys.Certificates([certificate, .. chain]);
        ModelKeys.RequireCertificateOf(key, all[0], certificate);
        return all;
    }

    /// <summary>A signature is there as a whole or not at all.</summary>
    private static void Replace(string path, byte[] bytes)
    {
        string beside = path + ".new";
        File.WriteAllBytes(beside, bytes);
        File.Move(beside, path, overwrite: true);
    }
}
