using System.CommandLine;
using System.Globalization;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge credential</c>: who may call the server.</summary>
internal static class CredentialCommand
{
    public static Command Create(CommandAction action) =>
        new("credential", "Make, list and revoke credentials: who may call the server.")
        {
            CreateCredential(action),
            List(action),
            Revoke(action),
        };

    private static Command CreateCredential(CommandAction action)
    {
        Argument<string> name = new("NAME") { Description = "Name of the credential, a DNS label." };
        Option<string> role = new("--role")
        {
            Description = "What it may do: viewer, admin or metrics.",
            HelpName = "ROLE",
            DefaultValueFactory = _ => "viewer",
        };
        Option<string> file = new("--file", "-f")
        {
            Description = "Context file to write, mode 0600; must not exist. NAME.kedge.json when left out.",
            HelpName = "FILE",
        };
        Command command = new(
            "create", "Make a credential and write a context with it, to be taken over by kedge config import.")
        {
            name, role, file,
        };
        action.Bind(command, async (session, ct) =>
        {
            string named = session.Get(name) ?? "";
            string wanted = session.Get(file) ?? "";
            string path = Path.GetFullPath(wanted.Length > 0 ? wanted : named + ".kedge.json");
            if (Path.Exists(path))
            {
                throw new CliException(CliErrors.File, $"{path} exists", ExitCodes.Failed);
            }

            CredentialResource made = await session.Client
                .CreateCredentialAsync(named, session.Get(role) ?? "", ct).ConfigureAwait(false);
            await KeepAsync(session, made, path).ConfigureAwait(false);
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture, $"credential/{made.Name} created with role {made.Role}"));
            session.Print.Note(
                $"{path} holds its token, shown nowhere else; take it over with: kedge config import {path}");
        });
        return command;
    }

    /// <summary>A token that could not be written is known to nobody: its credential is taken away again.</summary>
    private static async Task KeepAsync(Session session, CredentialResource made, string path)
    {
        KedgeContext context = session.Context with
        {
            Name = $"{session.Context.Name}-{made.Name}",
            Token = made.Token ?? "",
            OwnerFolder = "",
        };
        try
        {
            new ContextDocument().With(context).Save(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await session.Client.DeleteAsync("credentials", made.Name, CancellationToken.None).ConfigureAwait(false);
            throw new CliException(CliErrors.File, $"{path}: {e.Message}", ExitCodes.Failed, e);
        }
    }

    private static Command List(CommandAction action)
    {
        Command command = new("list", "List credentials, without their tokens; the same as kedge get credentials.");
        action.Bind(command, async (session, ct) =>
        {
            TextTable table = new([.. CredentialKind.Kind.Columns.Select(column => column.Heading)]);
            foreach (Listed item in
                await CredentialKind.Kind.List(session, new ListQuery(), ct).ConfigureAwait(false))
            {
                table.Add([.. item.Cells]);
            }

            session.Print.Table(table, "There are no credentials.");
        });
        return command;
    }

    private static Command Revoke(CommandAction action)
    {
        Argument<string> name = new("NAME") { Description = "Name of the credential." };
        Command command = new("revoke", "Take a credential away; it counts no more from the next call on.") { name };
        action.Bind(command, async (session, ct) =>
        {
            string named = session.Get(name) ?? "";
            await session.Client.DeleteAsync("credentials", named, ct).ConfigureAwait(false);
            session.Print.Line($"credential/{named} revoked");
        });
        return command;
    }
}
