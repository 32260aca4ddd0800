using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Running;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.Core.Models;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge policy rotate-owner</c>: changes the owner key of the fleet. The change is signed by both keys; policy and
/// list of desired keys are signed anew by both, so that agents that do not know of changes go on. Cut off anywhere,
/// the same command goes on where it was.
/// </summary>
internal static class RotateOwnerCommand
{
    public static Command Create(CommandAction action)
    {
        Option<string> ownerKey = new("--owner-key")
        {
            Description = "The owner key that counts (PEM); owner.key of the owner's folder when left out.",
            HelpName = "FILE",
        };
        Option<string> newKey = new("--new-key")
        {
            Description = "The owner key that is to count (PEM). When left out, one is made in the owner's folder and "
                + "becomes owner.key; the old one is kept under its version.",
            HelpName = "FILE",
        };
        Command command = new(
            "rotate-owner", "Change the owner key: sign the change, the policy and the list of keys by both keys.")
        {
            ownerKey, newKey,
        };
        action.Bind(command, async (session, ct) =>
        {
            string named = session.Get(newKey) ?? "";
            using ECDsa old = KeyChoice.Read(session, session.Get(ownerKey) ?? "", "owner.key");
            using ECDsa next = named.Length > 0
                ? KeyChoice.Read(session, named, "")
                : NextKey(new OwnerPaths(session.Context.OwnerFolder));
            SigningPolicyResource trust = await session.Client.GetSigningPolicyAsync(ct).ConfigureAwait(false);
            long from = await ChangeAsync(session, trust, old, next, ct).ConfigureAwait(false);
            await SignAnewAsync(session, trust, old, next, ct).ConfigureAwait(false);
            if (named.Length == 0 && (session.Get(ownerKey) ?? "").Length == 0)
            {
                Replace(new OwnerPaths(session.Context.OwnerFolder), from);
            }

            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"owner key {TrustedKey.Of(next).KeyId} counts as version {from + 1}; "
                + $"{TrustedKey.Of(old).KeyId.Short} counts no more"));
        });
        return command;
    }

    /// <summary>Signs the change unless it was signed before; gives the version of the old key.</summary>
    private static async Task<long> ChangeAsync(
        Session session, SigningPolicyResource trust, ECDsa old, ECDsa next, CancellationToken ct)
    {
        if (TrustedKey.Of(old).KeyId == TrustedKey.Of(next).KeyId)
        {
            throw new CliException(CliErrors.OwnerKey, "the new key is the old one", ExitCodes.Refused);
        }

        string counts = trust.OwnerKey;
        if (counts == TrustedKey.Of(next).PublicKey && trust.OwnerVersion > 1)
        {
            return trust.OwnerVersion - 1;
        }

        if (counts != TrustedKey.Of(old).PublicKey || trust.OwnerVersion < 1)
        {
            throw new CliException(
                CliErrors.OwnerKey, "the server follows neither the old nor the new key given", ExitCodes.Refused);
        }

        byte[] change = OwnerKeyDocument.Sign(trust.OwnerVersion + 1, old, next);
        _ = await PutAsync(session, change, ct).ConfigureAwait(false);
        return trust.OwnerVersion;
    }

    private static async Task SignAnewAsync(
        Session session, SigningPolicyResource trust, ECDsa old, ECDsa next, CancellationToken ct)
    {
        TrustedKey[] both = [TrustedKey.Of(next), TrustedKey.Of(old)];
        if (PolicyOf(trust.Document, both[0]) is null)
        {
            SigningPolicyDocument policy = PolicyOf(trust.Document, both[1]) ?? throw NotOurs("signing policy");
            byte[] again = SigningPolicyFormat.Write(policy with { Version = policy.Version + 1 });
            _ = await PutAsync(session, Dsse.Sign(SigningPolicyFormat.PayloadType, again, next, old), ct)
                .ConfigureAwait(false);
        }

        byte[] list = Encoding.UTF8.GetBytes(trust.DesiredKeys);
        if (DesiredKeys.TryRead(list, both[0], out _) is null)
        {
            DesiredKeys keys = DesiredKeys.TryRead(list, both[1], out _) ?? throw NotOurs("list of desired keys");
            _ = await PutAsync(session, (keys with { Version = keys.Version + 1 }).Sign(next, old), ct)
                .ConfigureAwait(false);
        }
    }

    private static SigningPolicyDocument? PolicyOf(string envelope, TrustedKey owner) =>
        SigningPolicyTrust.Judge(Encoding.UTF8.GetBytes(envelope), owner, held: null) is PolicyOutcome.Newer newer
            ? newer.Policy
            : null;

    private static CliException NotOurs(string what) => new(
        CliErrors.OwnerKey, $"the {what} that the server has is signed by neither key", ExitCodes.Refused);

    private static Task<SigningPolicyResource> PutAsync(Session session, byte[] envelope, CancellationToken ct) =>
        session.Client.PutSigningPolicyAsync(Encoding.UTF8.GetString(envelope), ct);

    private static ECDsa NextKey(OwnerPaths owner)
    {
        if (!File.Exists(owner.NextOwnerKey))
        {
            using ECDsa made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            KeyFile.WriteKey(owner.NextOwnerKey, made);
        }

        return KeyChoice.Parse(owner.NextOwnerKey, File.ReadAllText(owner.NextOwnerKey));
    }

    /// <summary>The old key is kept first; the new one then takes its place in one step.</summary>
    private static void Replace(OwnerPaths owner, long oldVersion)
    {
        string kept = Path.Combine(
            owner.Folder, string.Create(CultureInfo.InvariantCulture, $"owner.v{oldVersion}.key"));
        KeyFile.WriteSecret(kept, File.ReadAllText(owner.OwnerKey));
        File.Move(owner.NextOwnerKey, owner.OwnerKey, overwrite: true);
    }
}
