using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Kedge.Cli.Models;
using Kedge.Cli.Running;
using Kedge.Cli.Serving;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge server rotate-intermediate</c>: a new intermediate by the root key, on a server that is stopped.
/// </summary>
internal static class RotateIntermediateCommand
{
    public static Command Create(CommandAction action)
    {
        Option<string> data = new("--data")
        {
            Description = "The server's data folder; the server must be stopped.",
            HelpName = "FOLDER",
        };
        Option<string> rootKey = new("--root-key")
        {
            Description = "The root key (PEM); root.key of the owner's folder when left out.",
            HelpName = "FILE",
        };
        Option<string> keepOld = new("--keep-old")
        {
            Description = "How long certificates by the old intermediate go on to count. Default: 30d.",
            HelpName = "TIME",
            DefaultValueFactory = _ => "30d",
        };
        Option<bool> revokeOld = new("--revoke-old")
        {
            Description = "The old intermediate was stolen: it counts no more from now on, devices renew at once.",
        };
        Command command = new(
            "rotate-intermediate", "Make a new intermediate by the root key and raise the trust bundle's version.")
        {
            data, rootKey, keepOld, revokeOld,
        };
        action.Bind(command, (session, _) =>
        {
            string folder = session.Get(data) ?? "";
            folder = Path.GetFullPath(folder.Length > 0 ? folder : ServerSetup.DataFolder(session, "server"));
            using ECDsa key = KeyChoice.Read(session, session.Get(rootKey) ?? "", "root.key");
            TimeSpan keep = session.Get(revokeOld)
                ? TimeSpan.Zero
                : KeyValues.Time(session.Get(keepOld) ?? "", "--keep-old");
            (long version, string id) = RotationProgram.Run(folder, key, session.World.Time.GetUtcNow(), keep);
            session.Print.Line(string.Create(
                CultureInfo.InvariantCulture, $"trust bundle {version} names the new intermediate {id}"));
            session.Print.Note($"start it with: kedge server --data {folder}");
            return Task.CompletedTask;
        });
        return command;
    }
}
