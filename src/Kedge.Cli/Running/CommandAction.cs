using System.CommandLine;

namespace Kedge.Cli.Running;

/// <summary>
/// Binds commands to what they do: opens a session, runs, turns every failure into lines and an exit status.
/// </summary>
internal sealed class CommandAction(CliWorld world, GlobalOptions options)
{
    /// <summary>What is outside.</summary>
    public CliWorld World => world;

    /// <summary>Options that all commands take.</summary>
    public GlobalOptions Options => options;

    /// <summary>Lets a command do this.</summary>
    public void Bind(Command command, Func<Session, CancellationToken, Task<int>> run) =>
        command.SetAction((arguments, ct) => RunAsync(arguments, run, ct));

    /// <summary>Lets a command do this and then exit with 0.</summary>
    public void Bind(Command command, Func<Session, CancellationToken, Task> run) =>
        Bind(command, async (session, ct) =>
        {
            await run(session, ct).ConfigureAwait(false);
            return ExitCodes.Ok;
        });

    private async Task<int> RunAsync(
        ParseResult arguments, Func<Session, CancellationToken, Task<int>> run, CancellationToken ct)
    {
        using Session session = new(world, arguments, options);
        try
        {
            return await run(session, ct).ConfigureAwait(false);
        }
        catch (Exception exception) when (Failure.Of(exception, session, ct) is Failure failure)
        {
            failure.Write(world);
            return failure.ExitCode;
        }
        finally
        {
            await world.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
