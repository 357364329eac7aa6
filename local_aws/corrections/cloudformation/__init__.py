"""Resource types that the embedded CloudFormation lacks or makes otherwise than AWS."""
