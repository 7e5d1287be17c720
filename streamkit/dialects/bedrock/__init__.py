"""The Bedrock dialects: ConverseStream, InvokeModelWithResponseStream, agents."""

from streamkit.dialects.bedrock.constants import BEDROCK, BEDROCK_AGENT, BEDROCK_INVOKE

__all__ = ["BEDROCK", "BEDROCK_AGENT", "BEDROCK_INVOKE"]
