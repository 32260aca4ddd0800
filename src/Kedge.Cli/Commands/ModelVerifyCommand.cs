using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Kedge.Cli.Models;
using Kedge.Cli.Running;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core.Errors;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge model verify PATH</c>: verifies the files of a model against a signature by the OpenSSF model-signing
/// specification, whoever made it. Calls no server.
/// </summary>
internal static class ModelVerifyCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string> path = new("PATH") { Description = "The model: a file, or a folder with all its files." };
        Option<string> signature = ModelSignatureOptions.Signature("The signature");
        Option<string> key = new("--key") { Description = "Public key that must have signed, PEM.", HelpName = "FILE" };
        Option<string[]> root = new("--root")
        {
            Description = "Root that the signer's certificate must lead to, PEM; may be given more than once.",
            HelpName = "FILE",
        };
        Option<string[]> chain = new("--chain")
        {
            Description = "Intermediates that the signature does not carry, PEM; may be given more than once.",
            HelpName = "FILE",
        };
        Option<string[]> ignore = ModelSignatureOptions.Ignore("What the signature records is left out, too");
        Command command = new("verify", "Verify the files of a model against a signature by a key or a certificate.")
        {
            path, signature, key, root, chain, ignore,
        };
        action.Bind(command, async (session, ct) =>
        {
            string model = session.Get(path) ?? "";
            string file = session.Get(signature) is { Length: > 0 } named ? named : ModelFolder.SignatureOf(model);
            (_, ModelStatement statement) = ModelKeys.Verify(
                file, session.Get(key) ?? "", session.Get(root) ?? [], session.Get(chain) ?? []);
            IEnumerable<string> ignored = [.. session.Get(ignore) ?? [], .. statement.IgnoredPaths];
            ImmutableArray<SignedFile> found = await ModelFolder
                .ReadAsync(model, ModelFolder.Ignored(model, file, ignored), ct).ConfigureAwait(false);
            ImmutableArray<Finding> findings = ModelFiles.Compare(statement, found);
            if (!findings.IsEmpty)
            {
                throw new CliException(findings, ExitCodes.Refused);
            }

            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{statement.Name}: {found.Length} file{(found.Length == 1 ? "" : "s")} verified, {statement.Root}"));
        });
        return command;
    }
}
