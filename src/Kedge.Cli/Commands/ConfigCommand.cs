using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Cli.Contexts;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge config</c>: the user's contexts.</summary>
internal static class ConfigCommand
{
    private const string Hidden = "(hidden; --raw shows it)";

    public static Command Create(CommandAction action) =>
        new("config", "Show and choose contexts: servers and how to call them.")
    {
        GetContexts(action),
        CurrentContext(action),
        UseContext(action),
        View(action),
        Import(action),
        DeleteContext(action),
    };

    private static Command GetContexts(CommandAction action)
    {
        Command command = new("get-contexts", "List the contexts; * marks the current one.");
        action.Bind(command, (session, _) =>
        {
            ContextDocument document = session.Contexts.Load();
            TextTable table = new("CURRENT", "NAME", "SERVER", "OWNER KEYS");
            foreach (KedgeContext context in document.Contexts.OrderBy(context => context.Name, StringComparer.Ordinal))
            {
                bool isCurrent = context.Name == document.CurrentContext;
                table.Add(isCurrent ? "*" : " ", context.Name, context.Server, context.OwnerFolder);
            }

            session.Print.Table(table, $"{session.Contexts.Path} holds no context.");
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command CurrentContext(CommandAction action)
    {
        Command command = new("current-context", "Print the name of the current context.");
        action.Bind(command, (session, _) =>
        {
            session.Print.Line(session.Context.Name);
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command UseContext(CommandAction action)
    {
        Argument<string> name = new("NAME") { Description = "The context." };
        Command command = new("use-context", "Make a context the current one.") { name };
        action.Bind(command, (session, _) =>
        {
            KedgeContext context = session.Contexts.Require(session.Get(name) ?? "", "");
            ContextDocument document = session.Contexts.Load();
            session.Contexts.Save(document with { CurrentContext = context.Name });
            session.Print.Line($"current context is {context.Name}");
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command View(CommandAction action)
    {
        Option<bool> raw = new("--raw") { Description = "Show tokens too." };
        Option<string> output = OutputOption.Create("json", "yaml");
        Command command = new("view", "Print the contexts, without their tokens.") { raw, output };
        action.Bind(command, (session, _) =>
        {
            ContextDocument document = session.Contexts.Load();
            ContextDocument shown = session.Get(raw)
                ? document
                : document with { Contexts = [.. document.Contexts.Select(c => c with { Token = Hidden })] };
            JsonNode node = JsonSerializer.SerializeToNode(shown, ApiJson.Default.ContextDocument) ?? new JsonObject();
            OutputFormat format = OutputOption.Parse(session.Get(output));
            session.Print.Raw(NodeText.Write(node, format == OutputFormat.Json ? format : OutputFormat.Yaml));
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command Import(CommandAction action)
    {
        Argument<string> file = new("FILE") { Description = "A file of contexts from another machine." };
        Command command =
            new("import", "Take over the contexts of another file; its current one becomes yours.") { file };
        action.Bind(command, (session, _) =>
        {
            string path = session.Get(file) ?? "";
            if (!File.Exists(path))
            {
                throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
            }

            ContextDocument theirs = ContextFile.Load(path);
            ContextDocument mine = session.Contexts.Load();
            foreach (KedgeContext context in theirs.Contexts)
            {
                mine = mine.With(context);
                session.Print.Line($"context {context.Name} imported");
            }

            session.Contexts.Save(theirs.CurrentContext.Length > 0
                ? mine with { CurrentContext = theirs.CurrentContext }
                : mine);
            return Task.CompletedTask;
        });
        return command;
    }

    private static Command DeleteContext(CommandAction action)
    {
        Argument<string> name = new("NAME") { Description = "The context." };
        Command command = new("delete-context", "Forget a context.") { name };
        action.Bind(command, (session, _) =>
        {
            KedgeContext context = session.Contexts.Require(session.Get(name) ?? "", "");
            ContextDocument document = session.Contexts.Load();
            session.Contexts.Save(document with
            {
                Contexts = [.. document.Contexts.Where(other => other.Name != context.Name)],
                CurrentContext = document.CurrentContext == context.Name ? "" : document.CurrentContext,
            });
            session.Print.Line($"context {context.Name} deleted");
            return Task.CompletedTask;
        });
        return command;
    }
}
