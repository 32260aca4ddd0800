using Kedge.Cli;

return await KedgeCommand.RunAsync(args, CliWorld.Real(), CancellationToken.None).ConfigureAwait(false);
