using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge token</c>: permissions to enrol.</summary>
internal static class TokenCommand
{
    public static Command Create(CommandAction action) => new("token", "Make, list and revoke permissions to enrol.")
    {
        CreateToken(action),
        List(action),
        Revoke(action),
    };

    private static Command CreateToken(CommandAction action)
    {
        Option<string> name = new("--name")
        {
            Description = "Name under which the device must enrol; it may choose its own when this is left out.",
            HelpName = "DEVICE",
        };
        Option<string> tokenName = new("--token-name") { Description = "Name of the token itself.", HelpName = "NAME" };
        Option<string[]> label = new("--label")
        {
            Description = "Label that each device gets, as line=press; may be given more than once.",
            HelpName = "KEY=VALUE",
        };
        Option<int> uses = new("--uses")
        {
            Description = "How many devices may enrol with it.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        Option<string> ttl = new("--ttl")
        {
            Description = "How long it is good for, as 30m, 24h or 7d.",
            HelpName = "TIME",
            DefaultValueFactory = _ => "1h",
        };
        Option<string> output = OutputOption.Create("json", "yaml", "name");
        Command command = new("create", "Make a token; its text is shown this once.")
        {
            name, tokenName, label, uses, ttl, output,
        };
        action.Bind(command, async (session, ct) =>
        {
            EnrollmentTokenRequest request = new()
            {
                Name = session.Get(tokenName) ?? "",
                Device = session.Get(name) ?? "",
                Labels = KeyValues.Parse(session.Get(label) ?? []),
                UsesMax = session.Get(uses),
                LifetimeSeconds = (long)KeyValues.Time(session.Get(ttl) ?? "", "--ttl").TotalSeconds,
            };
            Show(
                session,
                await session.Client.CreateEnrollmentTokenAsync(request, ct).ConfigureAwait(false),
                OutputOption.Parse(session.Get(output)));
        });
        return command;
    }

    private static void Show(Session session, EnrollmentTokenResource token, OutputFormat format)
    {
        switch (format)
        {
            case OutputFormat.Json:
            case OutputFormat.Yaml:
                JsonNode node = JsonSerializer.SerializeToNode(token, ApiJson.Default.EnrollmentTokenResource)
                    ?? new JsonObject();
                session.Print.Raw(NodeText.Write(node, format));
                break;
            case OutputFormat.Name:
                // A token is known by its text alone: that is what a script wants.
                session.Print.Line(token.Token ?? "");
                break;
            default:
                // Only the text goes to standard output, so that a script can take it from there.
                session.Print.Line(token.Token ?? "");
                session.Print.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"token {token.Name}: {token.UsesMax} use(s), ends in "
                    + $"{Ages.Until(token.ExpiresAtMs, session.NowMs)}; ")
                    + "shown this once. On the device: kedge-agent enroll --token TOKEN");
                break;
        }
    }

    private static Command List(CommandAction action)
    {
        Command command = new("list", "List tokens that have not ended; the same as kedge get tokens.");
        action.Bind(command, async (session, ct) =>
        {
            TextTable table = new([.. Kinds.TokenKind.Kind.Columns.Select(column => column.Heading)]);
            foreach (Kinds.Listed item in
                await Kinds.TokenKind.Kind.List(session, new Kinds.ListQuery(), ct).ConfigureAwait(false))
            {
                table.Add([.. item.Cells]);
            }

            session.Print.Table(table, "There are no tokens.");
        });
        return command;
    }

    private static Command Revoke(CommandAction action)
    {
        Argument<string> name = new("NAME") { Description = "Name of the token." };
        Command command = new("revoke", "Take a token away; devices that enrolled with it stay.") { name };
        action.Bind(command, async (session, ct) =>
        {
            string named = session.Get(name) ?? "";
            await session.Client.DeleteAsync("enrollmenttokens", named, ct).ConfigureAwait(false);
            session.Print.Line($"token/{named} revoked");
        });
        return command;
    }
}
