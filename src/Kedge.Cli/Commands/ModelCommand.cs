using System.CommandLine;
using Kedge.Cli.Models;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model</c>: packages of models on the server.</summary>
internal static class ModelCommand
{
    public static Command Create(CommandAction action) => new(
        "model", "Push, optimise, sign, verify, list, compare, tag, export and import models.")
    {
        ModelPushCommand.Create(action),
        ModelOptimizeCommand.Create(action),
        ModelSignCommand.Create(action),
        ModelVerifyCommand.Create(action),
        ModelViewCommands.List(action),
        ModelViewCommands.Show(action),
        ModelDiffCommand.Create(action),
        ModelTagCommands.Tag(action),
        ModelTagCommands.Promote(action),
        ModelTagCommands.Untag(action),
        ModelExportCommand.Create(action),
        ModelImportCommand.Create(action),
        Remove(action),
        ModelGcCommand.Create(action),
    };

    private static Command Remove(CommandAction action)
    {
        Argument<string> package = ModelViewCommands.Package();
        Command command = new("rm", "Remove a package that no deployment uses.") { package };
        action.Bind(command, async (session, ct) =>
        {
            string digest =
                await PackageNames.ResolveAsync(session, session.Get(package) ?? "", ct).ConfigureAwait(false);
            await session.Client.DeleteAsync("packages", digest, ct).ConfigureAwait(false);
            session.Print.Line($"package {digest} removed");
        });
        return command;
    }
}
