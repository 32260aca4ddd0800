using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Models;
using Kedge.Cli.Running;
using Kedge.Content.Trust;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge policy</c>: which keys may sign which models. Only the owner key can change it.</summary>
internal static class PolicyCommand
{
    private const int EnvelopeBytesMax = 1024 * 1024;

    public static Command Create(CommandAction action) =>
        new("policy", "Show and change which keys may sign which models.")
        {
            Show(action),
            Sign(action),
            Apply(action),
            RotateOwnerCommand.Create(action),
        };

    private static Command Show(CommandAction action)
    {
        Command command = new("show", "Show the policy as a manifest, ready to be edited and signed.");
        action.Bind(command, async (session, ct) =>
        {
            SigningPolicyResource policy = await session.Client.GetSigningPolicyAsync(ct).ConfigureAwait(false);
            SigningPolicyDocument document = SigningPolicyKind.Read(policy.Document);
            session.Print.Raw(ManifestText.ToYaml(ManifestWriter.Write(
                new SigningPolicyManifest(SigningPolicyKind.Name, document, null))));
        });
        return command;
    }

    private static Command Sign(CommandAction action)
    {
        PolicySignArguments arguments = new();
        Command command = new(
            "sign", "Sign the next version of the policy with the owner key; prints a manifest to apply.");
        arguments.AddTo(command);
        action.Bind(command, async (session, ct) =>
        {
            using ECDsa owner = KeyChoice.Read(session, session.Get(arguments.OwnerKey) ?? "", "owner.key");
            SigningPolicyDocument next = await NextAsync(session, arguments, owner, ct).ConfigureAwait(false);
            Finding[] findings = [.. SigningPolicyCheck.Findings(next)];
            if (findings.Length > 0)
            {
                throw new CliException([.. findings], ExitCodes.Refused);
            }

            string envelope = Encoding.UTF8.GetString(
                Dsse.Sign(SigningPolicyFormat.PayloadType, SigningPolicyFormat.Write(next), owner));
            if (session.Get(arguments.Apply))
            {
                await PutAsync(session, envelope, ct).ConfigureAwait(false);
                return;
            }

            session.Print.Raw(ManifestText.ToYaml(ManifestWriter.Write(
                new SigningPolicyManifest(SigningPolicyKind.Name, null, envelope))));
        });
        return command;
    }

    private static Command Apply(CommandAction action)
    {
        Option<string> file = new("--filename", "-f")
        {
            Description = "A signed manifest, or the bare envelope.",
            HelpName = "FILE",
            Required = true,
        };
        Command command = new("apply", "Give a signed policy to the server.") { file };
        action.Bind(command, async (session, ct) =>
        {
            string path = session.Get(file) ?? "";
            await PutAsync(session, await EnvelopeAsync(session, path, ct).ConfigureAwait(false), ct)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<SigningPolicyDocument> NextAsync(
        Session session, PolicySignArguments arguments, ECDsa owner, CancellationToken ct)
    {
        string file = session.Get(arguments.File) ?? "";
        if (file.Length > 0)
        {
            ManifestSet set = (await ManifestFiles.ReadAsync(session.World, [file], ct).ConfigureAwait(false)).Set;
            return set.SigningPolicies is [{ Spec.Document: SigningPolicyDocument document }] && set.Count == 1
                ? document
                : throw new CliException(
                    CliErrors.Policy, $"{file} does not hold one policy in the clear", ExitCodes.Refused);
        }

        SigningPolicyResource current = await session.Client.GetSigningPolicyAsync(ct).ConfigureAwait(false);
        return PolicyChange.Apply(
            Verified(current.Document, TrustedKey.Of(owner)),
            session.Get(arguments.AllowKey) ?? [],
            session.Get(arguments.RevokeKey) ?? [],
            (session.Get(arguments.Models) ?? [], session.Get(arguments.Reason) ?? ""),
            (PolicyChange.Time(session.Get(arguments.Expires) ?? "", session.NowMs, "--expires"),
                PolicyChange.Time(session.Get(arguments.KeyEnds) ?? "", session.NowMs, "--key-ends") ?? 0));
    }

    /// <summary>
    /// The policy that a change starts from: signed by the owner, so that no server can slip a key into the next one.
    /// </summary>
    private static SigningPolicyDocument Verified(string envelope, TrustedKey owner) =>
        SigningPolicyTrust.Judge(Encoding.UTF8.GetBytes(envelope), owner, held: null) switch
        {
            PolicyOutcome.Newer newer => newer.Policy,
            PolicyOutcome.Refused refused => throw new CliException(refused.Findings, ExitCodes.Refused),
            object other => throw Core.Check.Unreachable(other),
        };

    private static async Task<string> EnvelopeAsync(Session session, string path, CancellationToken ct)
    {
        if (path != "-" && new FileInfo(path) is { Exists: true, Length: > EnvelopeBytesMax })
        {
            throw new CliException(CliErrors.File, $"{path} is too large for a policy", ExitCodes.Refused);
        }

        string text = path == "-"
            ? await session.World.In.ReadToEndAsync(ct).ConfigureAwait(false)
            : await File.ReadAllTextAsync(path, ct).ConfigureAwait(false);
        if (Dsse.TryParse(Encoding.UTF8.GetBytes(text), out _, out _))
        {
            return text;
        }

        ManifestOutcome outcome = ControlPlane.Manifests.ManifestYaml.ReadSet(text);
        return outcome switch
        {
            ManifestOutcome.Valid { Set.SigningPolicies: [{ Spec.Envelope: string envelope }] } => envelope,
            ManifestOutcome.Invalid invalid => throw new CliException(invalid.Findings, ExitCodes.Refused),
            _ => throw new CliException(
                CliErrors.Policy, $"{path} holds no signed policy; sign it with kedge policy sign", ExitCodes.Refused),
        };
    }

    private static async Task PutAsync(Session session, string envelope, CancellationToken ct)
    {
        SigningPolicyResource stored =
            await session.Client.PutSigningPolicyAsync(envelope, ct).ConfigureAwait(false);
        session.Print.Line(string.Create(
            CultureInfo.InvariantCulture, $"signingpolicy/{SigningPolicyKind.Name} is at version {stored.Version}"));
    }
}
