using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kedge.Api.Resources;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Auth;
using Kedge.Core.Errors;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge server keys</c>: which keys may sign desired states. Only the owner key can change the list.
/// </summary>
internal static class ServerKeysCommand
{
    public static Command Create(CommandAction action)
    {
        Option<string[]> add = new("--add")
        {
            Description = "Key (PEM, public or private) that may sign from now on, as desired.key of a data folder.",
            HelpName = "FILE",
        };
        Option<string[]> drop = new("--drop")
        {
            Description = "Key that may sign no more, by its id or the first 8 or more digits of it.",
            HelpName = "KEY",
        };
        Option<string> ownerKey = new("--owner-key")
        {
            Description = "The owner key (PEM); owner.key of the owner's folder when left out.",
            HelpName = "FILE",
        };
        Command command = new(
            "keys", "Show which keys may sign desired states; with --add or --drop sign a new list by the owner key.")
        {
            add, drop, ownerKey,
        };
        action.Bind(command, async (session, ct) =>
        {
            SigningPolicyResource trust = await session.Client.GetSigningPolicyAsync(ct).ConfigureAwait(false);
            DesiredKeys current = Read(trust);
            string[] added = session.Get(add) ?? [];
            string[] dropped = session.Get(drop) ?? [];
            if (added.Length + dropped.Length == 0)
            {
                Show(session, current);
                return;
            }

            using ECDsa owner = KeyChoice.Read(session, session.Get(ownerKey) ?? "", "owner.key");
            if (TrustedKey.Of(owner).PublicKey != trust.OwnerKey)
            {
                throw new CliException(
                    CliErrors.OwnerKey, "the server's list is not signed by the owner key given", ExitCodes.Refused);
            }

            byte[] envelope = Next(current, added, dropped).Sign(owner);
            SigningPolicyResource stored = await session.Client.PutSigningPolicyAsync(
                Encoding.UTF8.GetString(envelope), ct).ConfigureAwait(false);
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture, $"keys of desired states are at version {stored.DesiredKeysVersion}"));
        });
        return command;
    }

    private static DesiredKeys Read(SigningPolicyResource trust)
    {
        if (!TrustedKey.TryParse(trust.OwnerKey, out TrustedKey? owner))
        {
            throw new CliException(CliErrors.BadAnswer, "the owner key cannot be read", ExitCodes.Failed);
        }

        return DesiredKeys.TryRead(
            Encoding.UTF8.GetBytes(trust.DesiredKeys), owner, out ImmutableArray<Finding> findings)
            ?? throw new CliException(findings, ExitCodes.Failed);
    }

    private static void Show(Session session, DesiredKeys keys)
    {
        TextTable table = new("VERSION", "KEY");
        foreach (TrustedKey key in keys.Keys)
        {
            table.Add(keys.Version.ToString(CultureInfo.InvariantCulture), key.KeyId.ToString());
        }

        session.Print.Table(table, "There are no keys.");
    }

    private static DesiredKeys Next(DesiredKeys current, string[] added, string[] dropped)
    {
        List<TrustedKey> keys = [.. current.Keys];
        foreach (string id in dropped)
        {
            keys.Remove(PolicyChange.FindKey(keys, key => key.KeyId, id));
        }

        foreach (string file in added)
        {
            TrustedKey key = ReadKey(file);
            keys.RemoveAll(other => other.KeyId == key.KeyId);
            keys.Add(key);
        }

        return keys.Count > 0
            ? new DesiredKeys(current.Version + 1, [.. keys])
            : throw new CliException(
                CliErrors.Policy, "without a key no device would obey the server any more", ExitCodes.Refused);
    }

    private static TrustedKey ReadKey(string path)
    {
        string pem = File.ReadAllText(path);
        if (TrustedKey.TryParsePem(pem, out TrustedKey? key))
        {
            return key;
        }

        using ECDsa own = KeyChoice.Parse(path, pem);
        return TrustedKey.Of(own);
    }
}
