using System.CommandLine;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge schema</c>: the JSON Schema of manifests, for editors.</summary>
internal static class SchemaCommand
{
    public static Command Create(CommandAction action)
    {
        Command command = new("schema", "Print the JSON Schema of manifests, for editors.");
        action.Bind(command, (session, _) =>
        {
            session.Print.Raw(ManifestJsonSchema.Write());
            return Task.CompletedTask;
        });
        return command;
    }
}
