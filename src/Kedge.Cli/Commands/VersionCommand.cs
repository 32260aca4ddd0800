using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Kedge.Api.Resources;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge version</c>: this program's version and the server's.</summary>
internal static class VersionCommand
{
    /// <summary>This program's version.</summary>
    public static string Own =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";

    public static Command Create(CommandAction action)
    {
        Option<bool> client = new("--client") { Description = "Only this program; call no server." };
        Command command = new("version", "Print the version of this program and of the server.") { client };
        action.Bind(command, async (session, ct) =>
        {
            session.Print.Line($"client: {Own}");
            if (!session.Get(client))
            {
                ServerResource server = await session.Client.GetServerAsync(ct).ConfigureAwait(false);
                session.Print.Line($"server: {server.Version} at {session.Context.Server}");
                session.Print.Line(string.Create(
                    CultureInfo.InvariantCulture, $"owner key: {server.OwnerKeyId}, version {server.OwnerVersion}"));
                string expires = server.PolicyExpiresAtMs == 0
                    ? "does not expire"
                    : (server.PolicyExpiresAtMs > session.NowMs ? "expires " : "has expired ")
                        + InstantText.Of(server.PolicyExpiresAtMs);
                session.Print.Line(string.Create(
                    CultureInfo.InvariantCulture, $"signing policy: version {server.PolicyVersion}, {expires}"));
            }
        });
        return command;
    }
}
